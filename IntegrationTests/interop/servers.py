"""Running the servers that take part."""

import contextlib
import os
import re
import subprocess

import harness


@contextlib.contextmanager
def start_server(command, log, announcement, variables={}):
    """A server, stopped at the end, as its URL and its process; what it prints goes to `log`.

    The URL is the first group of `announcement`, a regular expression for the line with which the
    server says where it listens.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables},
        )

    def announced_url():
        harness.expect(process.poll() is None, f"{log.stem} has exited: {process.returncode}")
        found = re.search(announcement, log.read_text(), re.MULTILINE)
        return found and found[1]

    try:
        url = harness.wait_until(f"{log.stem} to say where it listens", announced_url, seconds=20)
        yield url, process
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
