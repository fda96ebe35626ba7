"""The server under test."""

import contextlib
import dataclasses
import pathlib
import subprocess
from urllib.parse import urlsplit

from process_status import ProcessStatus
from servers import start_server

# Seconds between two messages of `SayHelloSlowly`.
PAUSE = 0.1

# The executables of greeters, each with the options of `Examples/greeter`. For each, patterns for the
# names of checks that it can't pass by the nature of what it is built on, and why.
GREETERS = {
    "greeter": {},
    "flyingfox-greeter": {
        "http: Hello*Metadata echoes metadata": "FlyingFox keeps the last of repeated headers",
        "bad input: a header of 100 KiB": "FlyingFox reads headers in quadratic time",
    },
}

# What a greeter prints when it can be called.
GREETER_LISTENS = r"^Greeter is listening on (http://\S+)$"

REPOSITORY = pathlib.Path(__file__).parents[2]
PROTOS = REPOSITORY / "Examples/greeter/Protos"
INTEROP_PROTOS = REPOSITORY / "IntegrationTests/Protos"
PAGE = REPOSITORY / "Examples/greeter/Sources/GreeterApp/Public"


@dataclasses.dataclass(frozen=True)
class Greeter:
    url: str
    # `None` when it is not ours to start.
    process: subprocess.Popen | None = None

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port or 80

    def peak_memory(self):
        """The most memory that was ever resident, in bytes; `None` if nobody can tell."""
        if self.process is None or not ProcessStatus.is_available():
            return None
        return ProcessStatus(self.process.pid).peak_memory()


@contextlib.contextmanager
def start_greeter(executable, *options, log):
    """A greeter on a port of its own choice, stopped at the end; what it prints goes to `log`."""
    command = [executable, "--host", "127.0.0.1", "--port", "0", "--pause", f"{PAUSE * 1000:g}"]
    with start_server([*command, *options], log, GREETER_LISTENS) as (url, process):
        yield Greeter(url, process)
