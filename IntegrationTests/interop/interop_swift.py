"""gRPC's interop tests with our clients, by way of `interop-client`.

A case that a client can't do it skips by itself, for a reason that is written here too: a client
that began to skip more would be seen. A case that a server can't do fails, and is expected to: it
counts as skipped.
"""

import contextlib
import re
import subprocess

from harness import CheckFailed, CheckSkipped, check, expect, expect_equal
from swift_client import CLIENTS, MODES
from test_services import (
    CONNECT,
    ENVOY_GRPCIO,
    NATIVE,
    NATIVE_OVER_TLS,
    OURS,
    OURS_OVER_TLS,
    test_server_named,
)

CASES = [
    "empty_unary",
    "large_unary",
    "client_compressed_unary",
    "server_compressed_unary",
    "server_streaming",
    "server_compressed_streaming",
    "client_streaming",
    "client_compressed_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
]
STREAMED_REQUESTS = ["client_streaming", "ping_pong", "empty_stream", "cancel_after_begin"]

# What clients can't do.
BY_MESSAGE = "gRPC Swift compresses all messages of a call, or none"
NO_STREAMING = "the client can't stream a request, and says so"
UNOBSERVED = "nobody sees which messages come compressed"

# What servers can't do: the reason, and how the case then fails.
OUR_RESPONSES = (
    "services of gRPC Swift can't choose whether a response is compressed",
    r"the compressed messages is \[.*\], not \[.*\]",
)
OUR_REQUESTS = (
    "services of gRPC Swift aren't told whether a request is compressed",
    r"the status is failedPrecondition: .*",
)
EXPECTED_COMPRESSION = r"the call did not fail with invalidArgument"
LACKS = {
    (ENVOY_GRPCIO, "client_compressed_unary"): (
        "grpcio doesn't tell services whether a request is compressed",
        EXPECTED_COMPRESSION,
    ),
    (CONNECT, "client_compressed_unary"): (
        "Connect for Python doesn't tell services whether a request is compressed",
        EXPECTED_COMPRESSION,
    ),
}
for _case in "server_compressed_unary", "server_compressed_streaming":
    LACKS[CONNECT, _case] = (
        "services of Connect for Python can't choose whether a response is compressed",
        OUR_RESPONSES[1],
    )
for _server in OURS + OURS_OVER_TLS:
    LACKS[_server, "server_compressed_unary"] = OUR_RESPONSES
    LACKS[_server, "server_compressed_streaming"] = OUR_RESPONSES
    # A middleware before the service can tell it.
    if "middleware" not in _server:
        LACKS[_server, "client_compressed_unary"] = OUR_REQUESTS
# gRPC Swift's own client ends a cancelled call with one error or another, and at times with this status.
HTTP2_CANCELLATION = "gRPC Swift's HTTP/2 client may end a cancelled call without that status"


def server_lacks(server, case):
    """Why a server can't do a case; `None` if it can."""
    return LACKS[server, case][0] if (server, case) in LACKS else None


@check(
    "interop, {server}, swift {client}, {mode}: {case}",
    needs="executables",
    server=[*OURS, ENVOY_GRPCIO, CONNECT],
    client=CLIENTS,
    mode=MODES,
    case=CASES,
)
@check(
    "interop, {server}, swift {client}, {mode}: {case}",
    needs="executables",
    server=OURS_OVER_TLS,
    # Outside of Apple's platforms URLSession trusts what the system does, and nothing else.
    client=["ahc"],
    mode=["binary"],
    case=CASES,
)
def grpc_web(environment, server, client, mode, case):
    if server == CONNECT and mode == "text":
        raise CheckSkipped("Connect for Python has no text mode")
    expect_case(environment, server, client, mode, case)


@check(
    "interop, {server}, swift http2: {case}",
    needs="executables",
    server=NATIVE + NATIVE_OVER_TLS,
    case=CASES,
)
def native(environment, server, case):
    expect_case(environment, server, "http2", "binary", case)


def expect_case(environment, server, client, mode, case):
    outcome, note = environment.shared(_outcomes, environment, server, client, mode)[case]
    if client == "http2" and case.startswith("cancel_after") and outcome == "failed":
        raise CheckSkipped(HTTP2_CANCELLATION)
    if (server, case) in LACKS and outcome != "skipped":
        reason, failure = LACKS[server, case]
        expect_equal("the outcome", outcome, "failed")
        expect(re.fullmatch(failure, note), f"it failed otherwise than by {failure!r}: {note}")
        raise CheckSkipped(reason)
    wanted = _reason_to_skip(client, case)
    if wanted is not None:
        expect_equal("the outcome", (outcome, note), ("skipped", wanted))
        raise CheckSkipped(wanted)
    expect(outcome == "passed", f"{outcome}: {note}")


def _reason_to_skip(client, case):
    if case == "client_compressed_streaming":
        return BY_MESSAGE
    if client == "http2" and case.startswith("server_compressed"):
        return UNOBSERVED
    if client in ("urlsession", "blocking") and case in STREAMED_REQUESTS:
        return NO_STREAMING
    return None


@contextlib.contextmanager
def _outcomes(environment, server, client, mode):
    """What came of each case: `passed`, `failed` or `skipped`, and what is to be said of it."""
    peer = test_server_named(environment, server)
    # gRPC Swift's client verifies no certificates for addresses.
    url = peer.url.replace("127.0.0.1", "localhost") if client == "http2" else peer.url
    command = [environment.executable("interop-client"), "--url", url]
    command += ["--client", client, "--mode", mode]
    if peer.authority:
        command += ["--ca-certificate", peer.authority]
    process = subprocess.run(command, capture_output=True, text=True)
    outcomes = {}
    for line in process.stdout.splitlines()[:-1]:
        outcome, rest = line.split(" ", 1)
        case, _, note = rest.partition(": ")
        outcomes[case] = outcome, note
    if sorted(outcomes) != sorted(CASES):
        raise CheckFailed(f"it ran {len(outcomes)} cases and said {process.stderr!r}")
    yield outcomes
