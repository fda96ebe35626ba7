"""Profiles of the servers while they are measured."""

import contextlib
import signal
import subprocess


@contextlib.contextmanager
def recording(environment, server, name):
    """Records what a server spends its time on, if that was asked for."""
    if not environment.perf:
        yield
        return

    data = environment.logs / f"bench-perf-{name}.data"
    command = ["perf", "record", "--quiet", "--freq", "997", "--call-graph", "fp"]
    command += ["--pid", ",".join(map(str, server.process_ids)), "--output", str(data)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    print(f"perf report --no-children --input {data}", flush=True)
