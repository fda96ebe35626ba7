"""Our servers as processes: how they end when they are told to, and many requests of one client.

For each front of `interop-server`, which in a Hummingbird app is one of the app's services.
"""

import contextlib
import signal
import subprocess

import wire
from connection import Connection
from greeter import Greeter
from harness import check, expect, expect_equal
from test_services import FRONTS, start_interop_server, test_server_named

SERVICE = "/grpc.testing.TestService"
# A `StreamingOutputCallRequest` for two messages of a byte, each half a second after the one before.
TWO_MESSAGES = wire.frame(b"\x12\x06\x08\x01\x10\xa0\xc2\x1e" * 2)


@contextlib.contextmanager
def _connection(server):
    with Connection(Greeter(server.url)) as connection:
        yield connection


def _end(server):
    """Tells a process to end, and expects that it does so without a fault."""
    server.process.send_signal(signal.SIGTERM)
    return lambda: expect_equal("the exit status", server.process.wait(timeout=20), 0)


@check(
    "process, {front}: SIGTERM ends it, with {load}",
    needs="executables",
    front=FRONTS,
    load=["no connection", "an idle connection", "a running call"],
)
def sigterm(environment, front, load):
    name = f"interop-sigterm-{front}"
    with contextlib.ExitStack() as stack:
        options = ["--front", front]
        server = stack.enter_context(start_interop_server(environment, name, *options))
        if load == "no connection":
            _end(server)()
            return
        connection = stack.enter_context(_connection(server))
        if load == "an idle connection":
            answer = connection.call_path(f"{SERVICE}/EmptyCall", wire.frame(b""))
            expect_equal("the gRPC status", answer.grpc_status(), wire.OK)
            _end(server)()
            return
        connection.send_call(f"{SERVICE}/StreamingOutputCall", TWO_MESSAGES)
        response = connection.response()
        wait_for_end = _end(server)
        answer = connection.rest_of(response)
        expect_equal("the gRPC status", answer.grpc_status(), wire.OK)
        expect_equal("the number of frames", len(answer.frames()), 3)
        wait_for_end()


@check(
    "process, {front}: curl offers HTTP/2 with each of four calls",
    needs="executables",
    front=FRONTS,
)
def upgrade_offers(environment, front):
    server = test_server_named(environment, f"ours, {front}")
    command = ["curl", "--silent", "--show-error", "--http2", "--noproxy", "*", "--max-time", "10"]
    command += ["--header", f"content-type: {wire.BINARY}", "--data-binary", "@-"]
    command += ["--write-out", "%{http_code} %{size_download}\n", "--output", "/dev/null"]
    url = f"{server.url}{SERVICE}/EmptyCall"
    # Each URL has an output of its own.
    urls = [url] + ["--output", "/dev/null", url] * 3
    process = subprocess.run(
        [*command, *urls], input=wire.frame(b""), capture_output=True, timeout=20
    )
    expect(process.returncode == 0, process.stderr.decode())
    lines = process.stdout.decode().splitlines()
    expect_equal("the number of answers", len(lines), 4)
    for line in lines:
        expect_equal("the HTTP status", line.split()[0], "200")
        expect(int(line.split()[1]) > 0, "an answer is empty")
