"""SIGTERM: running calls end, then the process does, with exit code 0."""

import contextlib
import fcntl
import signal
import socket
import struct
import subprocess
import termios
import time

import good_calls
import wire
from connection import Connection
from curl import HELLO_WORLD, expect_hello_world
from greeter import start_greeter
from harness import CheckFailed, check, expect_equal, wait_until
from http2_bytes import NO_SETTINGS, PREFACE, SETTINGS
from test_services import ADAPTERS, start_ours

# How long a server may take for what is left, in seconds. For a client that takes nothing it waits
# until its grace period is over.
SOON = 5.0
GRACE = 20.0

SERVERS = [*ADAPTERS, "greeter"]


@contextlib.contextmanager
def started(environment, name, what):
    log_name = f"interop-termination-{name}-{what.replace(' ', '-')}"
    if name == "greeter":
        log = environment.logs / f"{log_name}.log"
        with start_greeter(environment.executable("greeter"), log=log) as server:
            yield server
    else:
        with start_ours(environment, log_name, name) as server:
            yield server


def service(name):
    return "helloworld.Greeter" if name == "greeter" else good_calls.SERVICE


def terminate(server):
    server.process.send_signal(signal.SIGTERM)


def expect_exit(server, seconds=SOON):
    try:
        code = server.process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise CheckFailed(f"{seconds:g} s after SIGTERM it still runs")
    expect_equal("the exit code", code, 0)


@check("SIGTERM: {server} ends", needs="executables", server=SERVERS)
def nothing_to_do(environment, server):
    with started(environment, server, "alone") as running:
        terminate(running)
        expect_exit(running)


@check("SIGTERM: {server} ends with an idle connection", needs="executables", server=SERVERS)
def idle_connection(environment, server):
    with started(environment, server, "idle") as running:
        with Connection(running, service(server)) as connection:
            if server == "greeter":
                expect_hello_world(connection.call("SayHello", HELLO_WORLD))
            else:
                answer = connection.call("UnaryCall", good_calls.REQUEST)
                expect_equal("the body", answer.body, good_calls.ANSWER)
            terminate(running)
            expect_exit(running)


@check("SIGTERM: nio ends with an idle connection of HTTP/2", needs="executables")
def idle_http2_connection(environment):
    with started(environment, "nio", "idle-http2") as running:
        with socket.create_connection(running.address, timeout=5) as connection:
            connection.sendall(PREFACE + NO_SETTINGS)
            begun = connection.recv(9, socket.MSG_WAITALL)
            expect_equal("the first frame's kind", begun[3:4], bytes([SETTINGS]))
            terminate(running)
            # It is asked by a PING whether it has sent a request meanwhile, and doesn't answer.
            expect_exit(running, GRACE)


@check("SIGTERM: {server} ends after a running call", needs="executables", server=SERVERS)
def running_call(environment, server):
    if server == "greeter":
        method, body = "SayHelloSlowly", HELLO_WORLD
        wanted = [wire.hello_reply(character) for character in "Hello, world!"]
    else:
        method = "StreamingOutputCall"
        body = wire.frame(wire.streaming_request(*[5] * 10, pause=0.1))
        wanted = [wire.payload_response(5)] * 10
    with started(environment, server, "running") as running:
        with Connection(running, service(server)) as connection:
            connection.send_head(method, [("content-length", str(len(body)))])
            connection.send(body)
            response = connection.response()
            terminate(running)
            answer = connection.rest_of(response)
            expect_equal("the gRPC status", answer.grpc_status(), wire.OK)
            messages = [content for flags, content in answer.frames() if flags == 0]
            expect_equal("the messages", messages, wanted)
            expect_exit(running)


@check(
    "SIGTERM: {server} ends with a client that doesn't read its response",
    needs="executables",
    server=ADAPTERS,
)
def unread_response(environment, server):
    body = wire.frame(wire.streaming_request(*[1024 * 1024] * 60))
    head = f"POST /{good_calls.SERVICE}/StreamingOutputCall HTTP/1.1\r\nhost: localhost\r\n"
    head += f"content-type: {wire.BINARY}\r\ncontent-length: {len(body)}\r\n\r\n"
    with started(environment, server, "unread") as running:
        with socket.create_connection(running.address, timeout=5) as connection:
            connection.sendall(head.encode() + body)
            wait_until_full(connection)
            expect_equal("the number of calls", running.running_calls(), 1)
            terminate(running)
            expect_exit(running, GRACE)


def wait_until_full(connection):
    """Waits until some bytes have come, and for a moment no more do."""
    amount, since = 0, time.monotonic()

    def comes_nothing():
        nonlocal amount, since
        now = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]
        if now != amount:
            amount, since = now, time.monotonic()
        return amount > 0 and time.monotonic() - since > 0.5

    wait_until("the response to stop", comes_nothing)
