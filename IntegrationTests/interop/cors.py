"""What other origins may do, according to the headers that a browser gets."""

import wire
from connection import Connection
from curl import HELLO_WORLD, call, curl
from harness import check, expect, expect_equal

ORIGIN = "http://elsewhere.example"


@check("http: a preflight")
def preflight(environment):
    asked = "content-type,grpc-timeout,x-grpc-web,x-user-agent"
    answer = curl(
        environment,
        "/helloworld.Greeter/SayHello",
        method="OPTIONS",
        headers=[
            ("origin", ORIGIN),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", asked),
        ],
    )
    # FlyingFox can't send a 204 without a length, which that may not have.
    expect(answer.status in (200, 204), f"the HTTP status is {answer.status}")
    length = answer.header("content-length")
    expect(answer.status == 200 or length is None, f"a 204 has the length {length}")
    expect_equal("the body", answer.body, b"")
    expect(answer.header("access-control-allow-origin") in ("*", ORIGIN), "the origin may not call")
    expect_equal(
        "access-control-allow-methods",
        answer.header("access-control-allow-methods"),
        "POST, OPTIONS",
    )
    expect_equal(
        "access-control-allow-headers",
        _names(answer.header("access-control-allow-headers")),
        _names(asked),
    )
    expect(int(answer.header("access-control-max-age")) > 0, "it may not be remembered")
    expect("origin" in _names(answer.header("vary")), f"vary is {answer.header('vary')}")


@check("http: {method} exposes the status to other origins", method=["SayHello", "Abort"])
def exposed_headers(environment, method):
    answer = call(environment, method, wire.frame(b""), ("origin", ORIGIN))
    expect(answer.header("access-control-allow-origin") in ("*", ORIGIN), "the origin may not call")
    exposed = _names(answer.header("access-control-expose-headers"))
    wanted = {"grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding"}
    expect(wanted <= exposed, f"not exposed: {wanted - exposed}")


@check("http: another origin is not let in by default", needs="closed_greeter")
def no_cors_by_default(environment):
    with Connection(environment.closed_greeter) as connection:
        answer = connection.call("SayHello", HELLO_WORLD, [("origin", ORIGIN)])
    expect_equal("access-control-allow-origin", answer.header("access-control-allow-origin"), None)


def _names(field):
    return {name.strip().lower() for name in (field or "").split(",")}
