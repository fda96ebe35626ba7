"""Our clients, by way of the command-line example."""

import base64
import contextlib
import dataclasses
import re
import subprocess
import tempfile
import time

import peers
from harness import expect, expect_equal

CLIENTS = ["ahc", "urlsession", "blocking"]
MODES = ["binary", "text"]


@dataclasses.dataclass
class Call:
    """What came of a call."""

    # Each message, and when it was printed, in seconds after the program's start.
    messages: list[str]
    arrivals: list[float]
    initial: list[tuple[str, str]]
    trailing: list[tuple[str, str]]
    # The code and the message of the error, if it failed.
    error: tuple[str, str] | None
    took: float


@dataclasses.dataclass(frozen=True)
class SwiftClient:
    """One of the clients in one of the modes, for calls of one peer."""

    executable: str
    url: str
    client: str
    mode: str

    def call(self, method, argument=None, *options, on_message=None):
        command = [self.executable, "--url", self.url, "--client", self.client]
        command += ["--mode", self.mode, "--metadata", *map(str, options), method]
        if argument is not None:
            command.append(str(argument))

        messages, arrivals = [], []
        start = time.monotonic()
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            with _running(command, errors) as process:
                for line in process.stdout:
                    messages.append(line.removesuffix("\n"))
                    arrivals.append(time.monotonic() - start)
                    if on_message is not None:
                        on_message(messages[-1])
                exit_code = process.wait()
            took = time.monotonic() - start
            errors.seek(0)
            lines = errors.read().split("\n")[:-1]

        expect(exit_code in (0, 1), f"it has exited with {exit_code}: {lines}")
        error = None
        if exit_code == 1:
            expect(lines and ": " in lines[-1], f"it has failed without a word: {lines}")
            error = tuple(lines.pop().split(": ", 1))
        initial = [_pair(line) for line in lines if line.startswith("initial ")]
        trailing = [_pair(line) for line in lines if line.startswith("trailing ")]
        expect_equal("the number of other lines", len(lines) - len(initial) - len(trailing), 0)
        return Call(messages, arrivals, initial, trailing, error, took)


def swift_client(environment, peer, client, mode="binary", path=""):
    url = peers.peer_named(environment, peer).url + path
    return SwiftClient(environment.executable("greeter-client"), url, client, mode)


def values(metadata, key):
    """All values of a key, those in one line split."""
    return [
        part.strip() for name, value in metadata if name == key for part in value.split(",")
    ]


def binary_option(key, value):
    return ["--header", f"{key}: {base64.b64encode(value).decode()}"]


def expect_messages(call, messages):
    expect(call.error is None, f"it failed: {call.error}")
    expect_equal("the messages", call.messages, messages)


def expect_error(call, code, message=None):
    """The call failed so; `message` is a regular expression for the whole of the error's."""
    expect(call.error is not None, f"it did not fail, but got {call.messages}")
    expect_equal("the code", call.error[0], code)
    expect(
        message is None or re.fullmatch(message, call.error[1]),
        f"the error's message is {call.error[1]!r}, not {message!r}",
    )


@contextlib.contextmanager
def _running(command, errors):
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _pair(line):
    _, pair = line.split(" ", 1)
    key, _, value = pair.partition(":")
    return key, value.removeprefix(" ")
