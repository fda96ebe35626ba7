"""Errors over HTTP/1.1: where the status is, and that nothing else is lost with the call."""

import wire
from connection import Connection
from curl import HELLO_WORLD, call, curl, expect_hello_world
from harness import check, expect_equal


@check("http: an error without an origin is in the headers, the body is empty")
def error_in_headers(environment):
    answer = call(environment, "Abort", wire.frame(b""))
    expect_equal("the HTTP status", answer.status, 200)
    expect_equal("the content type", answer.header("content-type"), wire.BINARY)
    expect_equal("grpc-status", answer.header("grpc-status"), "10")
    expect_equal("grpc-message", answer.header("grpc-message"), "test aborting")
    expect_equal("the body", answer.body, b"")


@check("http: an error with an origin is a trailers frame")
def error_in_body(environment):
    answer = call(environment, "Abort", wire.frame(b""), ("origin", "http://elsewhere.example"))
    expect_equal("the HTTP status", answer.status, 200)
    expect_equal("grpc-status in the headers", answer.header("grpc-status"), None)
    expect_equal("the number of frames", len(answer.frames()), 1)
    expect_equal(
        "the trailers",
        sorted(answer.trailers()),
        [("grpc-message", "test aborting"), ("grpc-status", "10")],
    )


@check(
    "http: {path} is unimplemented, with HTTP 200",
    path=["/helloworld.Greeter/Nothing", "/helloworld.Nobody/SayHello"],
)
def unknown_method(environment, path):
    answer = curl(environment, path, headers=[("content-type", wire.BINARY)], body=HELLO_WORLD)
    expect_equal("the HTTP status", answer.status, 200)
    expect_equal("the gRPC status", answer.grpc_status(), wire.UNIMPLEMENTED)


@check("http: {verb} on a method is 405", verb=["GET", "PUT"])
def wrong_verb(environment, verb):
    answer = curl(environment, "/helloworld.Greeter/SayHello", method=verb)
    expect_equal("the HTTP status", answer.status, 405)
    expect_equal("allow", answer.header("allow"), "POST, OPTIONS")


@check(
    "http: the content type {content_type} is 415",
    content_type=["image/jpeg", "application/grpc", "application/grpc-web+json"],
)
def foreign_content_type(environment, content_type):
    answer = call(environment, "SayHello", HELLO_WORLD, content_type=content_type)
    expect_equal("the HTTP status", answer.status, 415)


@check("http: the connection outlives an error")
def keep_alive(environment):
    with Connection(environment.greeter) as connection:
        error = connection.call("Abort", wire.frame(b""))
        expect_equal("the gRPC status", error.grpc_status(), wire.ABORTED)
        expect_hello_world(connection.call("SayHello", HELLO_WORLD))
