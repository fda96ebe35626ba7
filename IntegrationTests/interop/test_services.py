"""The servers that serve gRPC's interop tests: ours on each of its adapters, and those of others."""

import contextlib
import dataclasses
import pathlib
import re
import subprocess
from urllib.parse import urlsplit

from certificates import test_authority
from peers import envoy_before, python_server
from servers import start_server

# The adapters of `interop-server`.
ADAPTERS = ["middleware", "hummingbird", "nio"]
OURS = [f"ours, {adapter}" for adapter in ADAPTERS]
OURS_OVER_TLS = [f"ours, {adapter}, TLS" for adapter in ADAPTERS]
# Those that offer native gRPC, over HTTP/2.
NATIVE = ["ours, nio"]
NATIVE_OVER_TLS = ["ours, hummingbird, TLS", "ours, nio, TLS"]

ENVOY_GRPCIO = "Envoy + grpcio"
CONNECT = "Connect"

_LISTENS = r"^Interop server is listening on (https?://\S+)$"


@dataclasses.dataclass(frozen=True)
class TestServer:
    url: str
    # A file of the certificates to trust; `None` without TLS.
    authority: str | None = None
    # What our server prints.
    log: pathlib.Path | None = None
    # Our server's.
    process: subprocess.Popen | None = None
    # Whether it takes HTTP/2, and native gRPC over that.
    has_http2: bool = False
    has_native: bool = False

    @property
    def address(self):
        parts = urlsplit(self.url)
        return parts.hostname, parts.port

    def running_calls(self):
        """How many handlers run, of calls that the server has seen."""
        numbers = self._numbers_of_calls()
        return numbers[-1] if numbers else 0

    def begun_calls(self):
        """How many handlers have begun."""
        numbers = self._numbers_of_calls()
        return sum(later > earlier for earlier, later in zip([0, *numbers], numbers))

    def _numbers_of_calls(self):
        """How many handlers ran, after each change of that."""
        lines = re.findall(r"^Calls running: (\d+)$", self.log.read_text(), re.MULTILINE)
        return list(map(int, lines))


def test_server_named(environment, name):
    """A server, which is started when it is first asked for."""
    if name == ENVOY_GRPCIO:
        return environment.shared(_envoy_grpcio, environment)
    if name == CONNECT:
        return environment.shared(_connect, environment)
    _, adapter, *tls = name.split(", ")
    return environment.shared(_ours, environment, adapter, bool(tls))


@contextlib.contextmanager
def _ours(environment, adapter, is_over_tls):
    name = f"interop-{adapter}{'-tls' if is_over_tls else ''}"
    with start_ours(environment, name, adapter, is_over_tls) as server:
        yield server


@contextlib.contextmanager
def start_ours(environment, name, adapter, is_over_tls=False):
    """One of our servers that nobody shares, with a log of this name."""
    options, authority = [], None
    if is_over_tls:
        certificates = environment.shared(test_authority)
        options = ["--tls", certificates.chain, certificates.key]
        authority = certificates.authority
    subject = f"ours, {adapter}{', TLS' if is_over_tls else ''}"
    with start_interop_server(environment, name, "--adapter", adapter, *options) as server:
        yield dataclasses.replace(
            server,
            authority=authority,
            has_http2=subject in NATIVE + OURS_OVER_TLS,
            has_native=subject in NATIVE + NATIVE_OVER_TLS,
        )


@contextlib.contextmanager
def start_interop_server(environment, name, *options):
    """Our server with these options, on a port of its own choice."""
    command = [environment.executable("interop-server"), "--port", "0", *options]
    log = environment.logs / f"{name}.log"
    with start_server(command, log, _LISTENS) as (url, process):
        yield TestServer(url, log=log, process=process)


@contextlib.contextmanager
def _envoy_grpcio(environment):
    command = ["-m", "python_test_service"]
    with python_server(environment, "interop-test-grpcio", command, _LISTENS) as url:
        name = "interop-test-envoy-grpcio"
        with envoy_before(environment, url, name, services="/grpc.testing.") as peer:
            yield TestServer(peer.url)


@contextlib.contextmanager
def _connect(environment):
    command = ["-m", "uvicorn", "--factory", "python_test_service:connect", "--port", "0"]
    announcement = r"Uvicorn running on (http://\S+)"
    with python_server(environment, "interop-test-connect", command, announcement) as url:
        yield TestServer(url)
