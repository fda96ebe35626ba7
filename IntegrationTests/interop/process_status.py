"""What the system tells of a process, from /proc: there is none of it elsewhere than on Linux."""

import os
import pathlib
import re

from harness import CheckSkipped


class ProcessStatus:
    def __init__(self, process_id):
        if not self.is_available():
            raise CheckSkipped("this system has no /proc, which tells of processes")
        self._folder = pathlib.Path(f"/proc/{process_id}")

    @staticmethod
    def is_available():
        return pathlib.Path("/proc/self/status").exists()

    def resident_memory(self):
        """In bytes."""
        return self._memory("VmRSS")

    def peak_memory(self):
        """The most memory that was ever resident, in bytes."""
        return self._memory("VmHWM")

    def descriptors(self):
        """How many file descriptors are open."""
        return len(os.listdir(self._folder / "fd"))

    def processor_time(self):
        """How long it has run on processors so far, in seconds."""
        # The name of the program, in parentheses, may have spaces.
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        in_user_mode, in_kernel_mode = map(int, fields[11:13])
        return (in_user_mode + in_kernel_mode) / os.sysconf("SC_CLK_TCK")

    def _memory(self, name):
        status = (self._folder / "status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE)
        # A process that has ended, but that nobody has waited for, has none.
        return int(found[1]) * 1024 if found else 0
