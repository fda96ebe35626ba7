"""The machine: which core is whose, and what a process takes of it."""

import os
import pathlib
import re
import resource
import time

_CORES = sorted(os.sched_getaffinity(0))

# All that serves shares one core; all that loads has the others.
SERVER_CORES = _CORES[:1]
LOAD_CORES = _CORES[1:] or _CORES

_TICKS = os.sysconf("SC_CLK_TCK")


def prepare():
    """Moves this process, and so what it starts, away from the servers' core."""
    os.sched_setaffinity(0, LOAD_CORES)
    # A thousand connections need as many files, here and in the server.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def description():
    model = re.search(r"^model name\s*: (.*)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return f"{model[1] if model else 'unknown CPU'}, {len(_CORES)} cores"


def pinned(command, cores):
    return ["taskset", "--cpu-list", ",".join(map(str, cores)), *map(str, command)]


def cpu_seconds(process_ids):
    """The CPU time that processes have used, in user space and in the kernel."""
    return sum(map(_cpu_seconds, process_ids))


def _cpu_seconds(process_id):
    stat = _read(f"/proc/{process_id}/stat")
    # The name of the program, in parentheses, may have spaces.
    fields = stat[stat.rindex(")") + 2 :].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / _TICKS


def resident_bytes(process_id):
    rollup = _read(f"/proc/{process_id}/smaps_rollup")
    return int(re.search(r"^Rss:\s+(\d+) kB", rollup, re.MULTILINE)[1]) * 1024


def settled_resident_bytes(process_id, seconds=120):
    """The resident memory of a process, once it has been idle and of one size for a second."""
    end = time.monotonic() + seconds
    memory, cpu = resident_bytes(process_id), cpu_seconds([process_id])
    while True:
        time.sleep(1)
        before, memory = memory, resident_bytes(process_id)
        used, cpu = cpu_seconds([process_id]) - cpu, cpu_seconds([process_id])
        if used <= 0.05 and abs(memory - before) <= 256 * 1024:
            return memory
        if time.monotonic() > end:
            raise TimeoutError(f"the server's memory didn't settle in {seconds} s")


def _read(path):
    return pathlib.Path(path).read_text()
