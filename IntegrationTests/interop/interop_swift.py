"""gRPC's interop tests with our clients, by way of `interop-client`.

A case that a client can't do it skips by itself, for a reason that is written here too: a client
that began to skip more would be seen. Every other case is tried. One that a server can't do, or gRPC
Swift's own client, fails in a way that is known, and then counts as skipped.
"""

import contextlib
import subprocess

from harness import CheckFailed, CheckSkipped, Lack, check, expect, expect_equal, expect_lack
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
NOT_TRIED = "the blocking client isn't tried with requests that are streams"
UNOBSERVED = "the client doesn't show which messages come compressed"

# What servers can't do.
NEVER_COMPRESSED = (
    r"(failed: )?the compressed messages is \[[Ff]alse(, [Ff]alse)?\], not \[[Tt]rue(, [Ff]alse)?\]"
)
OUR_RESPONSES = Lack(
    "gRPC Swift has no way for a service to choose whether a message is compressed",
    NEVER_COMPRESSED,
)
OUR_REQUESTS = Lack(
    "gRPC Swift doesn't tell services whether a request is compressed",
    # With our clients, or with those of others.
    r"failed: the status is failedPrecondition: .*|the status is 'FAILED_PRECONDITION', .*",
)
EXPECTED_COMPRESSION = r"failed: the call did not fail with invalidArgument"
LACKS = {
    (ENVOY_GRPCIO, "client_compressed_unary"): Lack(
        "grpcio doesn't tell services whether a request is compressed", EXPECTED_COMPRESSION
    ),
    (CONNECT, "client_compressed_unary"): Lack(
        "Connect for Python doesn't tell services whether a request is compressed",
        EXPECTED_COMPRESSION,
    ),
}
for _case in "server_compressed_unary", "server_compressed_streaming":
    LACKS[CONNECT, _case] = Lack(
        "services of Connect for Python can't choose whether a response is compressed",
        NEVER_COMPRESSED,
    )
for _server in OURS + OURS_OVER_TLS:
    LACKS[_server, "server_compressed_unary"] = OUR_RESPONSES
    LACKS[_server, "server_compressed_streaming"] = OUR_RESPONSES
    # A middleware before the service can tell it.
    if "middleware" not in _server:
        LACKS[_server, "client_compressed_unary"] = OUR_REQUESTS
        LACKS[_server, "client_compressed_streaming"] = OUR_REQUESTS
# It answers with this whatever is called.
NO_TEXT_MODE = Lack(
    "Connect for Python has no text mode",
    r"failed: unknown: \"The response isn't gRPC-Web: it has the HTTP status 415 and no content type\. .*\"",
)

# gRPC Swift's own client ends a cancelled call with the error of Swift's concurrency, or with one of its
# own made of that. Nobody promises that it always will.
NO_CANCELLED_STATUS = "gRPC Swift's HTTP/2 client ended the cancelled call without that status"
HTTP2_LACKS = {
    "cancel_after_begin": Lack(
        NO_CANCELLED_STATUS,
        r"failed: the status is unknown: 'The transport threw an unexpected error\.', "
        r"caused by CancellationError\(\), not cancelled",
        is_certain=False,
    ),
    "cancel_after_first_response": Lack(
        NO_CANCELLED_STATUS, r"failed: CancellationError\(\)", is_certain=False
    ),
}


def server_lack(server, case):
    """The `Lack` for which a server can't do a case; `None` if it can."""
    return LACKS.get((server, case))


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
    # The first over HTTP/2 where the server offers that, the second never.
    client=["ahc", "ahc-http1", "urlsession", "blocking"],
    mode=["binary"],
    case=CASES,
)
def grpc_web(environment, server, client, mode, case):
    lack = server_lack(server, case)
    if server == CONNECT and mode == "text":
        # Some cases expect an error, and would take this one for theirs.
        lack, case = NO_TEXT_MODE, "empty_unary"
    expect_case(environment, server, client, mode, case, lack)


@check(
    "interop, {server}, swift http2: {case}",
    needs="executables",
    server=NATIVE + NATIVE_OVER_TLS,
    case=CASES,
)
def native(environment, server, case):
    lack = HTTP2_LACKS.get(case) or server_lack(server, case)
    expect_case(environment, server, "http2", "binary", case, lack)


def expect_case(environment, server, client, mode, case, lack):
    outcome, note = environment.shared(_outcomes, environment, server, client, mode)[case]
    wanted = _reason_to_skip(client, case)
    if wanted is not None:
        expect_equal("the outcome", (outcome, note), ("skipped", wanted))
        raise CheckSkipped(wanted)
    with expect_lack(lack):
        expect(outcome == "passed", f"{outcome}: {note}")


def _reason_to_skip(client, case):
    if case == "client_compressed_streaming":
        return BY_MESSAGE
    if client == "http2" and case.startswith("server_compressed"):
        return UNOBSERVED
    if client == "urlsession" and case in STREAMED_REQUESTS:
        return NO_STREAMING
    if client == "blocking" and case in STREAMED_REQUESTS:
        return NOT_TRIED
    return None


def _trusting(authority, command):
    """A command for which the system's authorities are another one.

    Outside of Apple's platforms URLSession trusts what the system does, and nothing else.
    """
    script = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
    as_root = ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*as_root, "sh", "-c", script, authority, "true"]).returncode != 0:
        raise CheckSkipped("URLSession trusts only the system's authorities, which can't be exchanged here")
    return [*as_root, "sh", "-c", script, authority, *command]


@contextlib.contextmanager
def _outcomes(environment, server, client, mode):
    """What came of each case: `passed`, `failed` or `skipped`, and what is to be said of it."""
    peer = test_server_named(environment, server)
    # gRPC Swift's client verifies no certificates for addresses.
    url = peer.url.replace("127.0.0.1", "localhost") if client == "http2" else peer.url
    command = [environment.executable("interop-client"), "--url", url]
    command += ["--client", client, "--mode", mode]
    if peer.authority and client == "urlsession":
        command = _trusting(peer.authority, command)
    elif peer.authority:
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
