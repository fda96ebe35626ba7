"""The servers that are measured, each in processes of its own on the servers' core."""

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

import machine

_ANNOUNCEMENT = r"^Bench server is listening on (http://\S+)$"


@dataclasses.dataclass(frozen=True)
class Server:
    name: str
    url: str
    process_ids: tuple

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port

    @property
    def process_id(self):
        [process_id] = self.process_ids
        return process_id


@contextlib.contextmanager
def start(name, command, announcement, environment, variables={}):
    """A server, stopped at the end; what it prints goes to a log.

    Its URL is the first group of `announcement`, a regular expression for the line with which it
    says where it listens.
    """
    log = environment.logs / f"bench-{name.lower().replace(' ', '-')}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            machine.pinned(command, machine.SERVER_CORES),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
        )
    try:
        yield Server(name, _announced_url(process, log, announcement), (process.pid,))
    except OSError as error:
        # The server is where to look, not the connection that it no longer answers.
        if process.poll() is not None:
            raise ChildProcessError(_why_exited(name, process, log)) from error
        raise
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _announced_url(process, log, announcement, seconds=30):
    end = time.monotonic() + seconds
    while True:
        if found := re.search(announcement, log.read_text(), re.MULTILINE):
            return found[1]
        if process.poll() is not None:
            raise ChildProcessError("it didn't start")
        if time.monotonic() > end:
            raise TimeoutError(f"the server didn't say where it listens; see {log}")
        time.sleep(0.01)


def _why_exited(name, process, log):
    lines = log.read_text().strip().splitlines()
    return f"{name} has exited with {process.returncode}: {lines[-1] if lines else 'no output'}"


# ---- Ours, and those that set the bar


def bench_server(environment, name, variables={}):
    """`bench-server` with one of its servers."""
    command = [environment.bench_server, "--server", name]
    return start(name, command, _ANNOUNCEMENT, environment, variables)


# ---- Sonora for Python


@contextlib.contextmanager
def sonora_python(environment):
    """Its ASGI server under one worker of uvicorn."""
    here = pathlib.Path(__file__).parent
    with tempfile.TemporaryDirectory() as stubs:
        generate_stubs(stubs)
        variables = {"PYTHONPATH": os.pathsep.join([stubs, str(here)])}
        command = [sys.executable, "-m", "uvicorn", "--factory", "python_bench:asgi"]
        command += ["--port", "0", "--no-access-log"]
        announcement = r"Uvicorn running on (http://\S+)"
        with start("sonora-python", command, announcement, environment, variables) as server:
            yield server


def generate_stubs(folder):
    """Python's modules for the service, in a folder."""
    from grpc_tools import protoc

    protos = pathlib.Path(__file__).parents[1] / "Protos"
    arguments = [f"--proto_path={protos}", f"--python_out={folder}"]
    arguments += [f"--grpc_python_out={folder}", "bench.proto"]
    if protoc.main(["protoc", *arguments]) != 0:
        raise ValueError("protoc failed")
