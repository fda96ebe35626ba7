"""Our clients with Envoy's grpc_web filter, before grpcio and before gRPC Swift over HTTP/2.

What Envoy does differently from us, and a client must take:
- Trailers without a space after the colon, and an empty `grpc-message` where grpcio sends one.
- Errors before the first message as headers with an empty body, in both modes.
- A stream in text mode as a padded run a message.

Faults that the checks live with:
- Envoy answers for a service that it cannot reach with HTTP 503, next to a gRPC status; for a path
  that it has no route to with HTTP 404 and none. It calls both gRPC-Web.
- Envoy sends `grpc-accept-encoding: identity` on, whatever the client accepts. gRPC Swift then does
  not compress, and grpcio does all the same, with the encoding of the server's choice.
- gRPC Swift's HTTP/2 server does not end a call at its deadline: the client's own is all there is.
- gRPC Swift's HTTP/2 server hands HTTP/2's pseudo-headers out as metadata; `greeter-http2` removes
  them.
"""

import re
import uuid

from google.protobuf import wrappers_pb2
from google.rpc import status_pb2

import wire
from harness import expect, expect_equal, wait_until
from peers import BROKEN_PREFIX, ENVOY_GRPC_SWIFT, ENVOY_GRPCIO, PREFIX, peer_named
from swift_client import expect_error, expect_messages, swift_client, values
from swift_clients import check_clients

BOTH = [ENVOY_GRPCIO, ENVOY_GRPC_SWIFT]
REPEATED = "x" * 100_000


@check_clients("an error has details and metadata", [ENVOY_GRPCIO])
def error_details(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call("abort")
    expect_error(call, "aborted", "test aborting")
    expect_equal("reason", values(call.trailing, "reason"), ["a test"])
    expect_equal("reason-bin", bytes_of(call, "reason-bin"), [b"\x00\xff"])
    [content] = bytes_of(call, "grpc-status-details-bin")
    status = status_pb2.Status.FromString(content)
    reason = wrappers_pb2.StringValue()
    expect_equal("the code in the details", status.code, wire.ABORTED)
    expect_equal("the message in the details", status.message, "test aborting")
    expect_equal("the number of details", len(status.details), 1)
    expect(status.details[0].Unpack(reason), f"the detail is a {status.details[0].type_url}")
    expect_equal("the detail", reason.value, "the reason")


@check_clients("a {encoding} request", BOTH, encoding=["gzip", "deflate"])
def compression(environment, peer, client, mode, encoding):
    request = noted_call(environment, peer, client, mode, "--compression", encoding)
    expect_equal("the request's encoding", request["request encoding"], encoding)
    expect(request["request bytes"] < len(REPEATED) / 50, "the request is not compressed")
    answered = "gzip" if peer == ENVOY_GRPCIO else None
    expect_equal("the response's encoding", request["response encoding"], answered)


@check_clients("a compressed response to a plain request", [ENVOY_GRPCIO])
def compressed_response(environment, peer, client, mode):
    request = noted_call(environment, peer, client, mode)
    expect_equal("the request's encoding", request["request encoding"], None)
    expect_equal("the response's encoding", request["response encoding"], "gzip")
    expect(request["request bytes"] > len(REPEATED), "the request is compressed")
    expect(request["response bytes"] < len(REPEATED) / 50, "the response is not compressed")


@check_clients("the timeout is sent", [ENVOY_GRPCIO], ["binary"])
def timeout(environment, peer, client, mode):
    request = noted_call(environment, peer, client, mode, "--timeout", "20")
    sent = re.fullmatch(r"([0-9]{1,8})([HMSmun])", request["timeout"] or "")
    expect(sent, f"grpc-timeout is {request['timeout']}")
    seconds = int(sent[1]) * {"S": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9}.get(sent[2], 0)
    expect(15 < seconds <= 20, f"a timeout of 20 s is sent as {sent[0]}")


@check_clients("a base URL with a path", [ENVOY_GRPCIO])
def path(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode, PREFIX).call("say-hello", "world")
    expect_messages(call, ["Hello, world!"])


@check_clients("a service that cannot be reached", [ENVOY_GRPCIO])
def unreachable(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode, BROKEN_PREFIX).call("say-hello", "world")
    expect_error(call, "unavailable", "upstream connect error .*")


@check_clients("no route", [ENVOY_GRPCIO])
def no_route(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode, "/nowhere").call("say-hello", "world")
    expect_error(call, "unimplemented", ".* has the HTTP status 404 .*")


def noted_call(environment, peer, client, mode, *options):
    """Makes a call with a large message, and returns what Envoy notes of its request."""
    name = uuid.uuid4().hex
    call = swift_client(environment, peer, client, mode).call(
        "say-hello", REPEATED, "--header", f"call-name: {name}", *options
    )
    expect_messages(call, [f"Hello, {REPEATED}!"])

    def noted():
        requests = peer_named(environment, peer).requests()
        return [request for request in requests if request["call"] == name]

    requests = wait_until("Envoy to note the request", noted)
    expect_equal("the number of requests", len(requests), 1)
    return requests[0]


def bytes_of(call, key):
    return [wire.decode_metadata_bytes(value) for value in values(call.trailing, key)]
