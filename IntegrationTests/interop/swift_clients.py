"""Our three clients in both modes: what every peer without great faults lets them do.

What they do with faulty peers is in `sonora_servers`, what only Envoy and what is behind it can
show in `envoy_proxy`.
"""

import contextlib
import socket

import wire
from greeter import PAUSE
from harness import check, expect, expect_equal
from peers import ENVOY_GRPC_SWIFT, ENVOY_GRPCIO, GREETER, SONORA_WSGI
from swift_client import CLIENTS, MODES, SwiftClient
from swift_client import binary_option, expect_error, expect_messages, swift_client, values

PEERS = [GREETER, ENVOY_GRPCIO, ENVOY_GRPC_SWIFT]
NAMES = {
    "an ordinary name": "world",
    "a name in Unicode": "Zoë 😀 世界",
    "no name": "",
    # More than an HTTP/2 window takes at once; more still is too much for a command line.
    "a name of 100,000 bytes": "x" * 100_000,
}
# Its base64 has padding, and both characters that differ in other alphabets.
BYTES = b"\xfb\xff\xfe\x00"
METADATA = ["--header", "flavour: salt", *binary_option("data-bin", BYTES)]


def check_clients(name, peers=PEERS, modes=MODES, **parameters):
    """Registers a check for each client, in each mode, with each peer."""
    return check(
        "swift {client}, {mode}, {peer}: " + name,
        needs="executables",
        peer=peers,
        client=CLIENTS,
        mode=modes,
        **parameters,
    )


# Sonora's WSGI server has no more faults than these checks can bear.


@check_clients("SayHello, {kind}", kind=list(NAMES))
@check_clients("SayHello, {kind}", [SONORA_WSGI], kind=list(NAMES))
def say_hello(environment, peer, client, mode, kind):
    call = swift_client(environment, peer, client, mode).call("say-hello", NAMES[kind])
    expect_messages(call, [f"Hello, {NAMES[kind]}!"])


@check_clients("SayHelloSlowly, message by message")
@check_clients("SayHelloSlowly, message by message", [SONORA_WSGI])
def say_hello_slowly(environment, peer, client, mode):
    expect_progress(swift_client(environment, peer, client, mode))


@check_clients("HelloMetadata")
def metadata(environment, peer, client, mode):
    options = [*METADATA, "--header", "flavour: pepper"]
    call = swift_client(environment, peer, client, mode).call("hello-metadata", "flavour", *options)
    expect(call.error is None, f"it failed: {call.error}")
    # URLSession sends repeated headers as one.
    wanted = "salt,pepper" if client == "urlsession" else "salt"
    expect_equal("the message", call.messages, [wanted])
    expect_echo(call, ["salt", "pepper"], [BYTES])


@check_clients("HelloStreamMetadata")
def stream_metadata(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call(
        "hello-stream-metadata", "flavour", *METADATA
    )
    expect_messages(call, list("salt"))
    expect_echo(call, ["salt"], [BYTES])


@check_clients("Abort fails")
@check_clients("Abort fails", [SONORA_WSGI])
def abort(environment, peer, client, mode):
    call = swift_client(environment, peer, client, mode).call("abort")
    expect_error(call, "aborted", "test aborting")
    expect_equal("the messages", call.messages, [])


@check_clients("UnaryTimeout ends at its deadline")
@check_clients("UnaryTimeout ends at its deadline", [SONORA_WSGI])
def unary_timeout(environment, peer, client, mode):
    expect_deadline(swift_client(environment, peer, client, mode), "unary-timeout")


@check_clients("StreamTimeout ends at its deadline")
@check_clients("StreamTimeout ends at its deadline", [SONORA_WSGI])
def stream_timeout(environment, peer, client, mode):
    call = expect_deadline(swift_client(environment, peer, client, mode), "stream-timeout")
    expect(3 <= len(call.messages) <= 5, f"{len(call.messages)} messages came in half a second")


@check("swift {client}: nobody listens", needs="executables", client=CLIENTS)
def nobody_listens(environment, client):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    call = SwiftClient(environment.executable("greeter-client"), url, client, "binary").call("say-hello", "world")
    expect_error(call, "unavailable")


# ---- What other modules ask too


def expect_progress(client):
    """`SayHelloSlowly` hands out each message when it comes."""
    call = client.call("say-hello-slowly", "you")
    expect_messages(call, list("Hello, you!"))
    took = call.arrivals[-1] - call.arrivals[0]
    expect(took > 7 * PAUSE, f"the last message came {took:.3f} s after the first")


def expect_deadline(client, method):
    """A method that never ends ends after half a second."""
    call = client.call(method, 0.1, "--timeout", "0.5")
    expect_error(call, "deadlineExceeded")
    expect(0.4 < call.took < 3, f"a call with a timeout of 0.5 s took {call.took:.3f} s")
    return call


def expect_echo(call, flavours, contents):
    for prefix, pairs in ("initial", call.initial), ("trailing", call.trailing):
        key = f"{prefix}-flavour"
        expect_equal(key, values(pairs, key), flavours)
        key = f"{prefix}-data-bin"
        expect_equal(key, [wire.decode_metadata_bytes(v) for v in values(pairs, key)], contents)
