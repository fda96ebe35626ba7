"""Requests that no well-behaved client sends.

Each must end in a clear status, and none may cost the next request anything.
"""

import dataclasses
import http.client

import wire
from connection import Connection
from curl import HELLO_WORLD, expect_hello_world
from harness import check, expect, expect_equal

MEGABYTE = 1024 * 1024

# gRPC names no code of its own for a body that is not in frames; the server documents this one.
BROKEN = {wire.INTERNAL}


@dataclasses.dataclass(frozen=True)
class BadRequest:
    body: bytes
    statuses: set[int]
    headers: tuple = ()


def compressed(content, encoding, statuses):
    return BadRequest(
        wire.frame(content, wire.COMPRESSED_FLAG), statuses, (("grpc-encoding", encoding),)
    )


BAD_REQUESTS = {
    "a truncated frame": BadRequest(HELLO_WORLD[:-1], BROKEN),
    "a truncated frame header": BadRequest(HELLO_WORLD[:3], BROKEN),
    "a trailers frame": BadRequest(wire.frame(b"a: b\r\n", wire.TRAILERS_FLAG), BROKEN),
    "an unknown flag": BadRequest(wire.frame(b"", 0x02), BROKEN),
    "a compressed message without an encoding": BadRequest(
        wire.frame(b"", wire.COMPRESSED_FLAG), {wire.INTERNAL}
    ),
    "an unknown encoding": compressed(b"", "br", {wire.UNIMPLEMENTED}),
    "compressed garbage": compressed(b"garbage", "gzip", BROKEN),
    "base64 that is not": BadRequest(b"AAAA*AAA", BROKEN, (("content-type", wire.TEXT),)),
    "base64 cut short": BadRequest(b"AAAAAAcKBXdvcmx", BROKEN, (("content-type", wire.TEXT),)),
    "a timeout that is no number": BadRequest(
        HELLO_WORLD, {wire.INVALID_ARGUMENT}, (("grpc-timeout", "12a4m"),)
    ),
    "a timeout without a unit": BadRequest(
        HELLO_WORLD, {wire.INVALID_ARGUMENT}, (("grpc-timeout", "100"),)
    ),
    "-bin metadata that is not base64": BadRequest(
        HELLO_WORLD, {wire.INVALID_ARGUMENT}, (("data-bin", "*"),)
    ),
    "no message": BadRequest(b"", {wire.UNIMPLEMENTED}),
    "two messages": BadRequest(HELLO_WORLD * 2, {wire.UNIMPLEMENTED}),
    "a string that is not UTF-8": BadRequest(
        wire.frame(b"\x0a\x01\xff"), {wire.INVALID_ARGUMENT}
    ),
    "a message over the limit": BadRequest(
        wire.frame(bytes(8 * MEGABYTE)), {wire.RESOURCE_EXHAUSTED}
    ),
}


@check("bad input: {case}", case=list(BAD_REQUESTS))
def bad_request(environment, case):
    request = BAD_REQUESTS[case]
    with Connection(environment.greeter) as connection:
        expect_refusal(environment, connection, request)


@check(
    "bad input: an announced length of {length} bytes is refused before they come",
    length=[64 * MEGABYTE, 2**32 - 1],
)
def announced_length(environment, length):
    with Connection(environment.greeter) as connection:
        connection.send_head("SayHello", [("transfer-encoding", "chunked")])
        connection.send_chunk(b"\x00" + length.to_bytes(4, "big") + b"the first of many")
        # The body never ends: whoever waits for that, waits for ever.
        answer = connection.answer()
    expect_equal("the gRPC status", answer.grpc_status(), wire.RESOURCE_EXHAUSTED)
    expect_good_request(environment)


@check("bad input: a decompression bomb, in bounded memory")
def decompression_bomb(environment):
    bomb = wire.gzip_zeros(256 * MEGABYTE)
    before = environment.greeter.peak_memory()
    with Connection(environment.greeter) as connection:
        request = compressed(bomb, "gzip", {wire.RESOURCE_EXHAUSTED})
        expect_refusal(environment, connection, request)
    if before is not None:
        growth = environment.greeter.peak_memory() - before
        expect(growth < 64 * MEGABYTE, f"it cost {growth // MEGABYTE} MiB")


@check("bad input: a header of 100 KiB")
def large_header(environment):
    with Connection(environment.greeter) as connection:
        try:
            answer = connection.call("SayHello", HELLO_WORLD, [("large", "x" * 100 * 1024)])
        except (ConnectionError, http.client.BadStatusLine):
            # To close the connection without a word is a server's right.
            pass
        else:
            expect(answer.status in (200, 400, 431), f"the HTTP status is {answer.status}")
    expect_good_request(environment)


@check(
    "bad input: a client that leaves {moment}",
    moment=["inside a frame", "inside a stream", "inside an endless call"],
)
def client_leaves(environment, moment):
    with Connection(environment.greeter) as connection:
        if moment == "inside a frame":
            connection.send_head("SayHello", [("content-length", str(len(HELLO_WORLD)))])
            connection.send(HELLO_WORLD[:6])
        elif moment == "inside a stream":
            connection.send_head("SayHelloSlowly", [("content-length", str(len(HELLO_WORLD)))])
            connection.send(HELLO_WORLD)
        else:
            body = wire.frame(wire.timeout_request(3600))
            connection.send_head("UnaryTimeout", [("content-length", str(len(body)))])
            connection.send(body)
    expect_good_request(environment)


def expect_refusal(environment, connection, request):
    """The request fails as it should, and the next one is served."""
    answer = connection.call("SayHello", request.body, request.headers)
    expect_equal("the HTTP status", answer.status, 200)
    expect(
        answer.grpc_status() in request.statuses,
        f"the gRPC status is {answer.grpc_status()}, not of {sorted(request.statuses)}",
    )
    if answer.keeps_alive:
        expect_hello_world(connection.call("SayHello", HELLO_WORLD))
    else:
        expect_good_request(environment)


def expect_good_request(environment):
    with Connection(environment.greeter) as connection:
        expect_hello_world(connection.call("SayHello", HELLO_WORLD))
