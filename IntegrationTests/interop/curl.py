"""Requests by curl, and one of them byte for byte with its answer."""

import subprocess

import wire
from connection import Answer
from harness import expect, expect_equal

HELLO_WORLD = b"\x00\x00\x00\x00\x07\x0a\x05world"
HELLO_WORLD_ANSWER = b"".join(
    [
        b"\x00\x00\x00\x00\x0f\x0a\x0dHello, world!",
        b"\x80\x00\x00\x00\x10grpc-status: 0\r\n",
    ]
)
HELLO_WORLD_IN_TEXT = b"AAAAAAcKBXdvcmxk"
HELLO_WORLD_ANSWER_IN_TEXT = b"AAAAAA8KDUhlbGxvLCB3b3JsZCGAAAAAEGdycGMtc3RhdHVzOiAwDQo="

MODES = ["binary", "text"]
CONTENT_TYPES = {"binary": wire.BINARY, "text": wire.TEXT}
REQUESTS = {"binary": HELLO_WORLD, "text": HELLO_WORLD_IN_TEXT}
ANSWERS = {"binary": HELLO_WORLD_ANSWER, "text": HELLO_WORLD_ANSWER_IN_TEXT}


def curl(environment, path, *, method=None, headers=(), body=None):
    command = ["curl", "--silent", "--show-error", "--include", "--http1.1", "--noproxy", "*"]
    if method is not None:
        command += ["--request", method]
    if body is not None:
        command += ["--data-binary", "@-"]
    for name, value in headers:
        command += ["--header", f"{name}: {value}"]
    process = subprocess.run(
        [*command, environment.greeter.url + path], input=body or b"", capture_output=True
    )
    expect(process.returncode == 0, process.stderr.decode())
    head, _, content = process.stdout.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    fields = [tuple(line.split(": ", 1)) for line in lines]
    return Answer(int(status_line.split(" ")[1]), fields, content)


def expect_answers_in_spite_of_offers(url, body, answer, count=4):
    """Makes so many calls with one command, which offers to speak HTTP/2 with each of them."""
    command = ["curl", "--silent", "--show-error", "--http2", "--max-time", "10", "--noproxy", "*"]
    command += ["--header", f"content-type: {wire.BINARY}", "--data-binary", "@-"]
    process = subprocess.run([*command, *[url] * count], input=body, capture_output=True)
    expect(process.returncode == 0, f"{process.stderr.decode()} {len(process.stdout)} bytes came")
    expect_equal("what came", process.stdout, answer * count)


def call(environment, method, body, *headers, content_type=wire.BINARY):
    path = f"/helloworld.Greeter/{method}"
    fields = [("content-type", content_type), *headers]
    return curl(environment, path, headers=fields, body=body)


def expect_hello_world(answer, mode="binary"):
    expect_equal("the HTTP status", answer.status, 200)
    expect_equal("the content type", answer.header("content-type"), CONTENT_TYPES[mode])
    expect_equal("the body", answer.body, ANSWERS[mode])
