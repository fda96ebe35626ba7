"""Sonora for Python, the original: its sync and its aio client with generated stubs.

Faults of Sonora's clients that the checks live with:
- Stubs of today's grpcio-tools pass `_registered_method`, which its channels do not take.
- They hand `-bin` values out as they came, in base64.
- The sync client reads a stream in blocks, so it sees messages late: only aio can show progress.
- Neither notices a stream that ends without trailers, so the checks count messages.
- The aio client does not look at the trailers of a unary answer, only at its headers.
"""

import contextlib
import time

import grpc
import sonora.aio
import sonora.client
from google.protobuf import empty_pb2

import wire
from greeter import PAUSE
from harness import CheckFailed, check, expect, expect_equal
from stubs import generated_modules

MEGABYTE_NAME = "x" * 1024 * 1024
NAMES = {
    "an ordinary name": "world",
    "a name in Unicode": "Zoë 😀 世界",
    "no name": "",
    "a name of a megabyte": MEGABYTE_NAME,
}
BYTES = b"\x00\x01\x02\xff"
METADATA = [("flavour", "salt"), ("data-bin", BYTES)]


class ChannelForNewStubs:
    """A Sonora channel that ignores what it does not know."""

    def __init__(self, channel):
        self._channel = channel

    def __getattr__(self, kind):
        make = getattr(self._channel, kind)

        def make_callable(path, request_serializer, response_deserializer, **_):
            return make(path, request_serializer, response_deserializer)

        return make_callable


@contextlib.contextmanager
def sync_client(environment):
    """The messages' module, and a stub on Sonora's sync client."""
    messages, services = environment.shared(generated_modules, environment)
    with sonora.client.insecure_web_channel(environment.greeter.url) as channel:
        yield messages, services.GreeterStub(ChannelForNewStubs(channel))


@contextlib.asynccontextmanager
async def aio_client(environment):
    """The messages' module, and a stub on Sonora's aio client."""
    messages, services = environment.shared(generated_modules, environment)
    async with sonora.aio.insecure_web_channel(environment.greeter.url) as channel:
        yield messages, services.GreeterStub(ChannelForNewStubs(channel))


# ---- sync


@check("sonora sync: SayHello, {kind}", kind=list(NAMES))
def sync_say_hello(environment, kind):
    with sync_client(environment) as (messages, stub):
        reply = stub.SayHello(messages.HelloRequest(name=NAMES[kind]))
    expect_equal("the message", reply.message, f"Hello, {NAMES[kind]}!")


@check("sonora sync: SayHelloSlowly")
def sync_say_hello_slowly(environment):
    with sync_client(environment) as (messages, stub):
        replies = [
            reply.message for reply in stub.SayHelloSlowly(messages.HelloRequest(name="you"))
        ]
    expect_equal("the messages", replies, list("Hello, you!"))


@check("sonora sync: HelloMetadata")
def sync_metadata(environment):
    with sync_client(environment) as (messages, stub):
        request = messages.HelloRequest(name="flavour")
        reply, call = stub.HelloMetadata.with_call(request, metadata=METADATA)
    expect_equal("the message", reply.message, "salt")
    expect_echo(call.initial_metadata(), call.trailing_metadata())


@check("sonora sync: HelloStreamMetadata")
def sync_stream_metadata(environment):
    with sync_client(environment) as (messages, stub):
        call = stub.HelloStreamMetadata(messages.HelloRequest(name="flavour"), metadata=METADATA)
        replies = [reply.message for reply in call]
    expect_equal("the messages", replies, list("salt"))
    expect_echo(call.initial_metadata(), call.trailing_metadata())


@check("sonora sync: Abort raises")
def sync_abort(environment):
    with sync_client(environment) as (_, stub), expect_error(
        grpc.StatusCode.ABORTED, "test aborting"
    ):
        stub.Abort(empty_pb2.Empty())


@check("sonora sync: UnaryTimeout ends at the {side}'s deadline", side=["client", "server"])
def sync_unary_timeout(environment, side):
    with sync_client(environment) as (messages, stub), expect_deadline(side):
        stub.UnaryTimeout(messages.TimeoutRequest(seconds=0.1), **deadline_of(side))


@check("sonora sync: StreamTimeout ends at the server's deadline")
def sync_stream_timeout(environment):
    with sync_client(environment) as (messages, stub), expect_deadline("server"):
        call = stub.StreamTimeout(messages.TimeoutRequest(seconds=0.1), **deadline_of("server"))
        for _ in call:
            pass


# ---- aio


@check("sonora aio: SayHello, {kind}", kind=list(NAMES))
async def aio_say_hello(environment, kind):
    async with aio_client(environment) as (messages, stub):
        reply = await stub.SayHello(messages.HelloRequest(name=NAMES[kind]))
    expect_equal("the message", reply.message, f"Hello, {NAMES[kind]}!")


@check("sonora aio: SayHelloSlowly, message by message")
async def aio_say_hello_slowly(environment):
    replies, times = [], []
    async with aio_client(environment) as (messages, stub):
        async for reply in stub.SayHelloSlowly(messages.HelloRequest(name="you")):
            replies.append(reply.message)
            times.append(time.monotonic())
    expect_equal("the messages", replies, list("Hello, you!"))
    took = times[-1] - times[0]
    expect(took > 7 * PAUSE, f"the last message came {took:.3f} s after the first")


@check("sonora aio: HelloMetadata")
async def aio_metadata(environment):
    async with aio_client(environment) as (messages, stub):
        call = stub.HelloMetadata(messages.HelloRequest(name="flavour"), metadata=METADATA)
        reply = await call
        expect_equal("the message", reply.message, "salt")
        expect_echo(await call.initial_metadata(), await call.trailing_metadata())


@check("sonora aio: HelloStreamMetadata")
async def aio_stream_metadata(environment):
    async with aio_client(environment) as (messages, stub):
        call = stub.HelloStreamMetadata(messages.HelloRequest(name="flavour"), metadata=METADATA)
        replies = [reply.message async for reply in call]
        expect_equal("the messages", replies, list("salt"))
        expect_echo(await call.initial_metadata(), await call.trailing_metadata())


@check("sonora aio: Abort raises")
async def aio_abort(environment):
    async with aio_client(environment) as (_, stub):
        with expect_error(grpc.StatusCode.ABORTED, "test aborting"):
            await stub.Abort(empty_pb2.Empty())


@check("sonora aio: UnaryTimeout ends at the {side}'s deadline", side=["client", "server"])
async def aio_unary_timeout(environment, side):
    async with aio_client(environment) as (messages, stub):
        with expect_deadline(side):
            await stub.UnaryTimeout(messages.TimeoutRequest(seconds=0.1), **deadline_of(side))


@check("sonora aio: StreamTimeout ends at the {side}'s deadline", side=["client", "server"])
async def aio_stream_timeout(environment, side):
    async with aio_client(environment) as (messages, stub):
        with expect_deadline(side):
            request = messages.TimeoutRequest(seconds=0.1)
            async for _ in stub.StreamTimeout(request, **deadline_of(side)):
                pass


# ---- What both have in common


def deadline_of(side):
    """Half a second. A client that does not know of the timeout leaves it to the server alone."""
    return {"timeout": 0.5} if side == "client" else {"metadata": [("grpc-timeout", "500m")]}


@contextlib.contextmanager
def expect_deadline(side):
    start = time.monotonic()
    with expect_error(grpc.StatusCode.DEADLINE_EXCEEDED):
        yield
    took = time.monotonic() - start
    expect(0.4 < took < 2, f"a call with a timeout of 0.5 s took {took:.3f} s")


@contextlib.contextmanager
def expect_error(code, details=None):
    try:
        yield
    except grpc.RpcError as error:
        expect_equal("the status", error.code(), code)
        if details is not None:
            expect_equal("its message", error.details(), details)
    else:
        raise CheckFailed(f"the call did not fail with {code.name}")


def expect_echo(initial, trailing):
    for prefix, metadata in ("initial", dict(initial)), ("trailing", dict(trailing)):
        expect_equal(f"{prefix}-flavour", metadata.get(f"{prefix}-flavour"), "salt")
        value = wire.decode_metadata_bytes(metadata.get(f"{prefix}-data-bin", ""))
        expect_equal(f"{prefix}-data-bin", value, BYTES)
