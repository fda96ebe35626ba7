"""Our clients, and those they are compared with, each in a process of its own on the load's core."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import machine
import servers
from comparison import Side

PARALLEL = 32


def swift(client, call, server="nio"):
    """`bench-client` with one of its clients: calls, or messages of streams, per second of its CPU."""

    def command(environment, server, seconds):
        command = [environment.bench_client, "--url", server.url, "--client", client]
        return [*command, "--call", call, "--seconds", seconds, "--parallel", PARALLEL]

    return _side(f"{client}-{call}", server, command)


def sonora_python(kind):
    """A client of Sonora for Python, `sync` or `aio`: unary calls per second of its CPU."""

    def command(environment, server, seconds):
        client = pathlib.Path(__file__).with_name("python_client.py")
        return [sys.executable, client, kind, server.url, seconds, PARALLEL]

    return _side(f"sonora-{kind}", "nio", command)


def _side(name, server, command):
    environments = []

    def start(environment):
        environments[:] = [environment]
        return servers.bench_server(environment, server)

    def measure(server, seconds):
        [environment] = environments
        return _count_per_cpu_second(command(environment, server, seconds))

    return Side(name, start, measure)


def _count_per_cpu_second(command):
    with tempfile.TemporaryDirectory() as stubs:
        servers.generate_stubs(stubs)
        run = subprocess.run(
            machine.pinned(command, machine.LOAD_CORES),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": stubs},
        )
    found = re.search(r"^RESULT (.*)$", run.stdout, re.MULTILINE)
    if found is None or run.returncode != 0:
        raise ValueError(f"{command[0]} failed: {run.stdout.strip()[-1000:]}")
    result = json.loads(found[1])
    return result["count"] / result["cpu_seconds"]
