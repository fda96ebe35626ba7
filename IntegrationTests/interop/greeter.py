"""The server under test."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
from urllib.parse import urlsplit

import harness

# Seconds between two messages of `SayHelloSlowly`.
PAUSE = 0.1

_REPOSITORY = pathlib.Path(__file__).parents[2]
PROTOS = _REPOSITORY / "Examples/greeter/Protos"
PAGE = _REPOSITORY / "Examples/greeter/Sources/greeter/Public"


@dataclasses.dataclass(frozen=True)
class Greeter:
    url: str
    process_id: int | None = None

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port or 80

    def peak_memory(self):
        """The most memory that was ever resident, in bytes; `None` if nobody can tell."""
        status = pathlib.Path(f"/proc/{self.process_id}/status")
        if self.process_id is None or not status.exists():
            return None
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024


@contextlib.contextmanager
def start_greeter(executable, *options, log):
    """A greeter on a port of its own choice, stopped at the end; what it prints goes to `log`."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                executable,
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--pause",
                f"{PAUSE * 1000:g}",
                *options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        url = harness.wait_until(
            "the greeter to say where it listens", lambda: _announced_url(process, log), seconds=20
        )
        yield Greeter(url, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _announced_url(process, log):
    harness.expect(process.poll() is None, f"the greeter has exited: {process.returncode}")
    found = re.search(r"^Greeter is listening on (http://\S+)$", log.read_text(), re.MULTILINE)
    return found and found[1]
