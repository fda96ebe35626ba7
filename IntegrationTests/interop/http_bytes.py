"""Calls and plain routes over HTTP/1.1: what must come back, byte for byte."""

import gzip
import json
import time

import wire
from connection import Connection
from curl import CONTENT_TYPES, HELLO_WORLD, HELLO_WORLD_ANSWER, MODES, REQUESTS
from curl import call, curl, expect_answers_in_spite_of_offers, expect_hello_world
from greeter import PAUSE
from harness import check, expect, expect_equal


@check("http: GET / is the page")
def page(environment):
    answer = curl(environment, "/")
    expect_equal("the HTTP status", answer.status, 200)
    expect(answer.header("content-type").startswith("text/html"), answer.header("content-type"))
    expect(b"<!doctype html>" in answer.body, "the body is not HTML")


@check("http: GET /healthz is a plain route")
def plain_route(environment):
    answer = curl(environment, "/healthz")
    expect_equal("the HTTP status", answer.status, 200)
    expect(answer.header("content-type").startswith("application/json"), "it is not JSON")
    json.loads(answer.body)


@check("http: a {asked} answer to a {sent} request", asked=MODES, sent=MODES)
def modes(environment, asked, sent):
    answer = call(
        environment,
        "SayHello",
        REQUESTS[sent],
        ("accept", CONTENT_TYPES[asked]),
        content_type=CONTENT_TYPES[sent],
    )
    expect_hello_world(answer, asked)
    expect_equal("content-length", answer.header("content-length"), str(len(answer.body)))


@check("http: a {mode} request that accepts anything is answered in kind", mode=MODES)
def mode_of_request(environment, mode):
    answer = call(
        environment,
        "SayHello",
        REQUESTS[mode],
        ("accept", "*/*"),
        content_type=CONTENT_TYPES[mode],
    )
    expect_hello_world(answer, mode)


@check(
    "http: the content type {content_type} is understood",
    content_type=[
        "application/grpc-web",
        "Application/gRPC-Web+PROTO",
        "application/grpc-web; charset=utf-8",
    ],
)
def content_type_variants(environment, content_type):
    answer = call(environment, "SayHello", HELLO_WORLD, content_type=content_type)
    expect_equal("the body", answer.body, HELLO_WORLD_ANSWER)
    expect(
        answer.header("content-type") in ("application/grpc-web", wire.BINARY),
        f"the content type is {answer.header('content-type')}",
    )


@check("http: a query string is ignored")
def query_string(environment):
    answer = call(environment, "SayHello?a=b", HELLO_WORLD)
    expect_hello_world(answer)


@check("http: a text request with padding in mid-stream")
def padded_request(environment):
    # One run each for the frame's first byte, the rest of its header, and the message.
    answer = call(environment, "SayHello", b"AA==AAAABw==CgV3b3JsZA==", content_type=wire.TEXT)
    expect_hello_world(answer, "text")


@check("http: curl that offers HTTP/2 with each of four calls gets four answers")
def offers_of_http2(environment):
    url = environment.greeter.url + "/helloworld.Greeter/SayHello"
    expect_answers_in_spite_of_offers(url, HELLO_WORLD, HELLO_WORLD_ANSWER)


@check("http: an empty message")
def empty_message(environment):
    answer = call(environment, "SayHello", wire.frame(b""))
    expect_equal("the message", answer.frames()[0], (0, wire.hello_reply("Hello, !")))


@check("http: a request in chunks of one byte, {mode}", mode=MODES)
def tiny_chunks(environment, mode):
    with Connection(environment.greeter) as connection:
        connection.send_head(
            "SayHello", [("content-type", CONTENT_TYPES[mode]), ("transfer-encoding", "chunked")]
        )
        for byte in REQUESTS[mode]:
            connection.send_chunk(bytes([byte]))
        connection.end_chunks()
        expect_hello_world(connection.answer(), mode)


@check("http: a gzip request")
def gzip_request(environment):
    message = gzip.compress(wire.hello_request("world"))
    answer = call(
        environment,
        "SayHello",
        wire.frame(message, wire.COMPRESSED_FLAG),
        ("grpc-encoding", "gzip"),
    )
    expect_hello_world(answer)


@check("http: a stream's messages leave one by one, {mode}", mode=MODES)
def stream(environment, mode):
    with Connection(environment.greeter) as connection:
        answer = connection.call(
            "SayHelloSlowly", REQUESTS[mode], [("content-type", CONTENT_TYPES[mode])]
        )
    characters = [wire.frame(wire.hello_reply(character)) for character in "Hello, world!"]
    end = wire.frame(b"grpc-status: 0\r\n", wire.TRAILERS_FLAG)
    body = wire.decode_text(answer.body) if mode == "text" else answer.body
    expect_equal("the body", body, b"".join(characters) + end)
    expect_equal("content-length", answer.header("content-length"), None)
    expect_equal("cache-control", answer.header("cache-control"), "no-store, no-transform")
    expect_equal("x-accel-buffering", answer.header("x-accel-buffering"), "no")
    took = answer.arrivals[-1] - answer.arrivals[0]
    expect(took > 10 * PAUSE, f"the whole stream came within {took:.3f} s")
    expect(len(answer.arrivals) >= 13, f"13 messages came in {len(answer.arrivals)} pieces")


@check("http: {method} echoes metadata", method=["HelloMetadata", "HelloStreamMetadata"])
def metadata(environment, method):
    answer = call(
        environment,
        method,
        wire.frame(wire.hello_request("flavour")),
        ("flavour", "salt"),
        ("flavour", "pepper"),
    )
    message = b"".join(content[2:] for flags, content in answer.frames() if flags == 0)
    expect(message in (b"salt", b"pepper", b"salt, pepper"), f"the message is {message}")
    expect_equal("initial-flavour", answer.header("initial-flavour"), "salt, pepper")
    values = [value for key, value in answer.trailers() if key == "trailing-flavour"]
    expect_equal("trailing-flavour", ", ".join(values), "salt, pepper")


@check("http: -bin metadata, {form}", form=["padded", "unpadded", "joined"])
def binary_metadata(environment, form):
    sent = {"padded": "AAEC/w==", "unpadded": "AAEC/w", "joined": "AAEC/w==,AP8"}[form]
    wanted = [b"\x00\x01\x02\xff"] + ([b"\x00\xff"] if form == "joined" else [])
    answer = call(environment, "HelloMetadata", HELLO_WORLD, ("data-bin", sent))
    initial = answer.header("initial-data-bin").split(",")
    trailing = [
        part
        for key, value in answer.trailers()
        if key == "trailing-data-bin"
        for part in value.split(",")
    ]
    for what, values in ("initial-data-bin", initial), ("trailing-data-bin", trailing):
        expect(not any("=" in value for value in values), f"{what} is padded: {values}")
        decoded = [wire.decode_metadata_bytes(value.strip()) for value in values]
        expect_equal(what, decoded, wanted)


@check("http: {method} is cut off at its deadline", method=["UnaryTimeout", "StreamTimeout"])
def deadline(environment, method):
    start = time.monotonic()
    answer = call(
        environment, method, wire.frame(wire.timeout_request(0.1)), ("grpc-timeout", "450m")
    )
    took = time.monotonic() - start
    expect_equal("the gRPC status", answer.grpc_status(), wire.DEADLINE_EXCEEDED)
    expect(0.4 < took < 2, f"a call with a timeout of 0.45 s took {took:.3f} s")
