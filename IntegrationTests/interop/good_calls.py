"""Good calls of the interop tests' service, with little effort: to see that a server serves."""

import contextlib
import http.client
import socket
import ssl
from urllib.parse import urlsplit

import wire
from harness import expect_equal
from http2_bytes import NO_SETTINGS, PREFACE, call_fields, call_frames, read_body

SERVICE = "grpc.testing.TestService"

# What such a call may take beside many others, in seconds.
CALL_DEADLINE = 10.0

PATH = f"/{SERVICE}/UnaryCall"
_SIZE = 20
REQUEST = wire.frame(wire.simple_request(_SIZE))
_MESSAGE = wire.frame(wire.payload_response(_SIZE))
ANSWER = _MESSAGE + wire.frame(b"grpc-status: 0\r\n", wire.TRAILERS_FLAG)


def call_over_http1(server):
    address = urlsplit(server.url).netloc
    if server.authority is None:
        client = http.client.HTTPConnection(address, timeout=CALL_DEADLINE)
    else:
        context = ssl.create_default_context(cafile=server.authority)
        client = http.client.HTTPSConnection(address, timeout=CALL_DEADLINE, context=context)
    with contextlib.closing(client):
        client.request("POST", PATH, REQUEST, {"content-type": wire.BINARY})
        response = client.getresponse()
        expect_equal("the HTTP status", response.status, 200)
        expect_equal("the body", response.read(), ANSWER)


def call_over_http2(server):
    expect_equal("the body over HTTP/2", _body_over_http2(server, wire.BINARY), ANSWER)


def call_native_grpc(server):
    expect_equal("the body in native gRPC", _body_over_http2(server, "application/grpc"), _MESSAGE)


def _body_over_http2(server, content_type):
    with socket.create_connection(server.address, timeout=CALL_DEADLINE) as connection:
        scheme = "http"
        if server.authority is not None:
            scheme, context = "https", ssl.create_default_context(cafile=server.authority)
            context.set_alpn_protocols(["h2"])
            connection = context.wrap_socket(connection, server_hostname=server.address[0])
        with connection:
            fields = call_fields(PATH, content_type, scheme)
            connection.sendall(PREFACE + NO_SETTINGS + call_frames(1, fields, REQUEST))
            return read_body(connection, 1)
