"""Our clients with the servers of Sonora for Python: ASGI under uvicorn and WSGI under gunicorn.

Faults of these servers (0.2.3), each of which one or more of the checks show:
- They copy the first type of `accept` into `content-type`, whatever they then send: a client must
  send one, of the mode that it wants. (Our clients do.)
- They know text mode by `application/grpc-web-text` alone, not with `+proto`. (Our clients send that.)
- The ASGI server's trailers of a unary call name `b'grpc-status'`, not `grpc-status`. (Our clients read
  that as what it means. Errors come in headers, and are right.)
- The ASGI server ends a stream at its deadline by closing the connection. The WSGI server does not
  read timeouts, so the client's own deadline is all there is; its thread goes on for ever.
- They do not decode `-bin` values without padding, and answer HTTP 500.
- They ignore the flag of a compressed message, and answer HTTP 500 for what is then no message.
- They know an unknown method by HTTP 404.

The checks that the WSGI server passes like anyone else are in `swift_clients`.
"""

from harness import expect
from peers import SONORA_ASGI, SONORA_WSGI
from swift_client import binary_option, expect_error, expect_messages, swift_client
from swift_clients import BYTES, check_clients, expect_deadline, expect_echo, expect_progress

BOTH = [SONORA_ASGI, SONORA_WSGI]
# As many as base64 takes without padding.
THREE_BYTES = b"\xfb\xff\xfe"
METADATA = ["--header", "flavour: salt", *binary_option("data-bin", THREE_BYTES)]

HTTP_500 = r"The response isn't gRPC-Web: it has the HTTP status 500 and the content type .*\. POST .*"
HTTP_404 = r"The response isn't gRPC-Web: it has the HTTP status 404 and no content type\. POST .*"


# ---- What works


@check_clients("SayHello, with trailers as Python shows bytes", [SONORA_ASGI], ["binary"])
def say_hello(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call("say-hello", "world")
    expect_messages(call, ["Hello, world!"])


@check_clients("SayHelloSlowly, message by message", [SONORA_ASGI])
def say_hello_slowly(environment, peer, client, mode):
    expect_progress(swift_client(environment, peer, client, mode))


@check_clients("HelloStreamMetadata", BOTH)
def stream_metadata(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call(
        "hello-stream-metadata", "flavour", *METADATA
    )
    expect_messages(call, list("salt"))
    expect_echo(call, ["salt"], [THREE_BYTES])


@check_clients("HelloMetadata", [SONORA_WSGI])
def metadata(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call(
        "hello-metadata", "flavour", *METADATA
    )
    expect_messages(call, ["salt"])
    expect_echo(call, ["salt"], [THREE_BYTES])


@check_clients("Abort fails", [SONORA_ASGI])
def abort(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call("abort")
    expect_error(call, "aborted", "test aborting")


@check_clients("UnaryTimeout ends at its deadline", [SONORA_ASGI], ["binary"])
def unary_timeout(environment, peer, client, mode):
    expect_deadline(swift_client(environment, peer, client, mode), "unary-timeout")


@check_clients("StreamTimeout ends at its deadline", [SONORA_ASGI], ["binary"])
def stream_timeout(environment, peer, client, mode):
    # The server closes the connection at the same time, and must not come first.
    call = expect_deadline(swift_client(environment, peer, client, mode), "stream-timeout")
    expect(3 <= len(call.messages) <= 5, f"{len(call.messages)} messages came in half a second")


# ---- What cannot work


@check_clients("-bin metadata that would be padded is HTTP 500", BOTH, ["binary"])
def unpadded_metadata(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call(
        "say-hello", "world", *binary_option("data-bin", BYTES)
    )
    expect_error(call, "unknown", HTTP_500)


@check_clients("a compressed request is HTTP 500", BOTH, ["binary"])
def compressed_request(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call(
        "say-hello", "x" * 1000, "--compression", "gzip"
    )
    expect_error(call, "unknown", HTTP_500)


@check_clients("an unknown path is HTTP 404", BOTH, ["binary"])
def unknown_path(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode, path="/nowhere").call(
        "say-hello", "world"
    )
    expect_error(call, "unimplemented", HTTP_404)
