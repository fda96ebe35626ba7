"""What is measured, and the floors.

Each case has a name that other tools know; see the README for what they mean.
"""

import clients
import envoy_proxy
import memory
import servers
import streams
import wire
import wrk
from comparison import Amount, Ratio, Side

NIO = "nio"

_LARGE = 1 << 20
_STREAM_MESSAGES, _STREAM_SIZE = 100_000, 16


def all_cases(adapter):
    """The cases, with the given adapter in the place of the NIO adapter."""
    return [
        Ratio(
            "nio_unary_of_bare_nio",
            "unary, NIO adapter, of bare NIO",
            "calls per second of CPU",
            0.70,
            _per_cpu_second(adapter, wire.unary()),
            _per_cpu_second("bare-nio", wire.unary()),
        ),
        Ratio(
            "middleware_unary_of_bare_hummingbird",
            "unary, middleware, of bare Hummingbird",
            "calls per second of CPU",
            0.75,
            _per_cpu_second("middleware", wire.unary()),
            _per_cpu_second("bare-hummingbird", wire.unary()),
        ),
        Ratio(
            "large_echo_of_bare_nio",
            "1 MiB there and back, NIO adapter, of bare NIO",
            "calls per second of CPU",
            0.50,
            _per_cpu_second(adapter, wire.echo(_LARGE)),
            _per_cpu_second("bare-nio-echo", wire.echo(_LARGE)),
        ),
        Ratio(
            "nio_text_of_binary",
            "unary, NIO adapter, text mode of binary mode",
            "calls per second of CPU",
            0.85,
            _per_cpu_second(adapter, wire.unary(wire.TEXT), name=f"{adapter}-text"),
            _per_cpu_second(adapter, wire.unary(), name=f"{adapter}-binary"),
        ),
        Ratio(
            "stream_of_envoy",
            "100,000 messages, NIO adapter, of Envoy",
            "messages per second",
            6,
            _stream(adapter, _bench_server(adapter)),
            _stream("envoy", envoy_proxy.envoy_grpc_swift),
        ),
        Ratio(
            "unary_of_sonora_python",
            "unary, NIO adapter, of Sonora for Python",
            "calls per second",
            3.5,
            _per_second(adapter, _bench_server(adapter)),
            _per_second("sonora-python", servers.sonora_python),
        ),
        Amount(
            "idle_stream_kib",
            "memory of an idle stream, NIO adapter",
            "KiB",
            24,
            Side(
                adapter,
                _bench_server(adapter),
                lambda server, seconds: memory.idle_stream_bytes(server) / 1024,
            ),
        ),
        Amount(
            "stalled_1000_mib",
            "memory of 1,000 stalled streams, NIO adapter",
            "MiB",
            150,
            Side(
                adapter,
                _bench_server(adapter),
                lambda server, seconds: memory.stalled_streams_bytes(server) / (1 << 20),
            ),
        ),
        *_client_cases(),
    ]


def _client_cases():
    """What clients do, 32 calls at once, of what is measured beside. The server is the NIO adapter."""
    ahc = clients.swift("ahc", "unary")
    return [
        Ratio(
            "client_unary_of_bare_ahc",
            "unary, client over AsyncHTTPClient, of bare AsyncHTTPClient",
            "calls per second of the client's CPU",
            0.58,
            ahc,
            clients.swift("bare-ahc", "unary"),
        ),
        Ratio(
            "client_unary_of_grpc_swift_http2",
            "unary, client over AsyncHTTPClient, of gRPC Swift's HTTP/2 client",
            "calls per second of the client's CPU",
            0.9,
            ahc,
            clients.swift("http2", "unary", server="grpc-http2"),
        ),
        Ratio(
            "client_stream_of_grpc_swift_http2",
            "100,000 messages, client over AsyncHTTPClient, of gRPC Swift's HTTP/2 client",
            "messages per second of the client's CPU",
            1.7,
            clients.swift("ahc", "stream"),
            clients.swift("http2", "stream", server="grpc-http2"),
        ),
        Ratio(
            "client_urlsession_unary_of_bare_ahc",
            "unary, client over URLSession, of bare AsyncHTTPClient",
            "calls per second of the client's CPU",
            0.13,
            clients.swift("urlsession", "unary"),
            clients.swift("bare-ahc", "unary"),
        ),
        Ratio(
            "client_unary_of_sonora_python_sync",
            "unary, client over AsyncHTTPClient, of Sonora for Python's sync client",
            "calls per second of the client's CPU",
            8,
            ahc,
            clients.sonora_python("sync"),
        ),
        Ratio(
            "client_unary_of_sonora_python_aio",
            "unary, client over AsyncHTTPClient, of Sonora for Python's aio client",
            "calls per second of the client's CPU",
            8,
            ahc,
            clients.sonora_python("aio"),
        ),
    ]


def _bench_server(name):
    return lambda environment: servers.bench_server(environment, name)


def _per_cpu_second(kind, call, name=None):
    return Side(
        name or kind,
        _bench_server(kind),
        lambda server, seconds: wrk.load(server, call, seconds).per_cpu_second,
    )


def _per_second(name, start):
    call = wire.unary()
    return Side(name, start, lambda server, seconds: wrk.load(server, call, seconds).per_second)


def _stream(name, start):
    call = wire.stream(_STREAM_MESSAGES, _STREAM_SIZE)
    return Side(
        name,
        start,
        lambda server, seconds: streams.messages_per_second(
            server, call, _STREAM_MESSAGES, seconds
        ),
    )
