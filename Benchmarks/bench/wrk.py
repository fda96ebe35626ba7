"""Load of many calls at once, by wrk."""

import dataclasses
import json
import pathlib
import re
import subprocess
import tempfile

import http_call
import machine

CONNECTIONS = 32

_SCRIPT = pathlib.Path(__file__).with_name("post.lua")


@dataclasses.dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    # What the servers used of the CPU meanwhile.
    cpu_seconds: float

    @property
    def per_second(self):
        return self.requests / self.seconds

    @property
    def per_cpu_second(self):
        return self.requests / self.cpu_seconds


def load(server, call, seconds):
    """Makes a call again and again, over 32 connections."""
    size = _checked_response_size(server, call)
    before = machine.cpu_seconds(server.process_ids)
    result = _run(server, call, seconds)
    used = machine.cpu_seconds(server.process_ids) - before

    if result["errors"] > 0:
        raise ValueError(f"wrk saw errors: {result}")
    # The calls that are cut short at the end have bytes too.
    missing = result["requests"] * size - result["bytes"]
    if missing > 0.01 * result["bytes"]:
        raise ValueError(f"not all responses were of {size} bytes: {result}")
    return Load(result["requests"], result["microseconds"] / 1e6, used)


def _run(server, call, seconds):
    with tempfile.NamedTemporaryFile() as body:
        body.write(call.body)
        body.flush()
        command = ["wrk", "--threads", "1", "--connections", CONNECTIONS]
        command += ["--duration", f"{seconds}s", "--timeout", "30s", "--script", _SCRIPT]
        command += [server.url + call.path, "--", body.name]
        for name, value in call.headers.items():
            command += [name, value]
        run = subprocess.run(
            machine.pinned(command, machine.LOAD_CORES),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    found = re.search(r"^RESULT (.*)$", run.stdout, re.MULTILINE)
    if found is None:
        raise ValueError(f"wrk failed: {run.stdout.strip()}")
    return json.loads(found[1])


def _checked_response_size(server, call):
    """Makes a call once and checks how its answer starts.

    Returns how many bytes the response has, from its first line on.
    """
    with http_call.connection(server) as connected:
        http_call.send(connected, server, call)
        response = http_call.receive_response(connected)
    body = http_call.body_of(response)
    if not body.startswith(call.answer):
        raise ValueError(f"{server.name} answers {body[:100]!r}")
    return len(response)
