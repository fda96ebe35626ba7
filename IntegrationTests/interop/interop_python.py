"""gRPC's interop tests with Python's clients and our server: Sonora's two and Connect's over gRPC-Web,
grpcio over HTTP/2 where an adapter of our server offers that.
"""

import asyncio
import contextlib

from harness import CheckSkipped, Lack, check, expect, expect_equal, expect_lack
from interop_python_clients import CLIENTS, Failure, generated
from interop_swift import CASES, STREAMED_REQUESTS, UNOBSERVED, server_lack
from test_services import NATIVE, OURS, test_server_named

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"
SPECIAL_MESSAGE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"

# What clients have no interface for, so that it can't be tried. What they compress they do by call.
UNTRIED = {
    "server_compressed_unary": UNOBSERVED,
    "server_compressed_streaming": UNOBSERVED,
    "client_compressed_streaming": "the client compresses all messages of a call, or none",
}
# Other cases try both.
SONORA_UNTRIED = UNTRIED | {
    "client_compressed_streaming": "Sonora's clients neither compress nor stream a request"
}

# What clients can't do.
SONORA_STREAMING = Lack("Sonora's clients can't stream a request", r"NotImplementedError\(\)")
SONORA_LACKS = {
    "client_compressed_unary": Lack(
        "Sonora's clients don't compress",
        r"TypeError\(.* got an unexpected keyword argument 'compression'.*\)",
    ),
    **dict.fromkeys(STREAMED_REQUESTS, SONORA_STREAMING),
    "cancel_after_first_response": Lack(
        "Sonora's clients can't cancel a call",
        r"AttributeError\(.* object has no attribute 'cancel'.*\)",
    ),
}


@check(
    "interop, {server}, {client}: {case}",
    needs="executables",
    server=OURS,
    client=["sonora sync", "sonora aio", "connect"],
    case=CASES,
)
async def grpc_web(environment, server, client, case):
    await run_case(environment, server, client, case)


@check(
    "interop, {server}, {client}: {case}",
    needs="executables",
    server=NATIVE,
    client=["grpcio"],
    case=CASES,
)
async def native(environment, server, client, case):
    await run_case(environment, server, client, case)


async def run_case(environment, server, client, case):
    is_sonora = client in ("sonora sync", "sonora aio")
    untried, lacks = (SONORA_UNTRIED, SONORA_LACKS) if is_sonora else (UNTRIED, {})
    if case in untried:
        raise CheckSkipped(untried[case])
    # A server that can't do a case fails it first.
    lack = server_lack(server, case) or lacks.get(case)
    messages = environment.shared(generated, environment)
    url = test_server_named(environment, server).url
    with expect_lack(lack):
        async with CLIENTS[client](url) as caller:
            await getattr(Cases(caller, messages), case)()


class Cases:
    """The cases by their names, as gRPC's "Interoperability Test Case Descriptions" has them.

    A client that can't stream a request calls `StreamingOutputCall` for `FullDuplexCall`.
    """

    def __init__(self, caller, messages):
        self.caller = caller
        self.messages = messages
        self.duplex = "FullDuplexCall" if caller.streams_requests else "StreamingOutputCall"

    async def empty_unary(self):
        reply = await self.call("EmptyCall", self.messages.Empty())
        expect_equal("the messages", reply.messages, [self.messages.Empty()])

    async def large_unary(self):
        self.expect_sizes(await self.call("UnaryCall", self.large()), 314159)

    async def client_compressed_unary(self):
        with expect_failure("INVALID_ARGUMENT"):
            await self.call("UnaryCall", self.large(expect_compressed={"value": True}))
        for is_compressed in True, False:
            request = self.large(expect_compressed={"value": is_compressed})
            reply = await self.call("UnaryCall", request, compressed=is_compressed)
            self.expect_sizes(reply, 314159)

    async def server_compressed_unary(self):
        for is_compressed in True, False:
            reply = await self.call(
                "UnaryCall", self.large(response_compressed={"value": is_compressed})
            )
            self.expect_sizes(reply, 314159)
            expect_equal("the compressed messages", reply.compressed, [is_compressed])

    async def server_streaming(self):
        sizes = 31415, 9, 2653, 58979
        self.expect_sizes(await self.call("StreamingOutputCall", self.asking(*sizes)), *sizes)

    async def server_compressed_streaming(self):
        request = self.asking(31415, 92653)
        for parameters, is_compressed in zip(request.response_parameters, (True, False)):
            parameters.compressed.value = is_compressed
        reply = await self.call("StreamingOutputCall", request)
        self.expect_sizes(reply, 31415, 92653)
        expect_equal("the compressed messages", reply.compressed, [True, False])

    async def client_streaming(self):
        requests = [self.putting(size) for size in (27182, 8, 1828, 45904)]
        self.expect_total(await self.call("StreamingInputCall", *requests), 74922)

    async def client_compressed_streaming(self):
        compressed = self.putting(27182, expect_compressed={"value": True})
        uncompressed = self.putting(45904, expect_compressed={"value": False})
        with expect_failure("INVALID_ARGUMENT"):
            await self.call("StreamingInputCall", compressed)
        reply = await self.call(
            "StreamingInputCall", compressed, uncompressed, compressed=[True, False]
        )
        self.expect_total(reply, 73086)

    async def ping_pong(self):
        sizes = {31415: 27182, 9: 8, 2653: 1828, 58979: 45904}
        answered = asyncio.Event()

        async def requests():
            for response_size, request_size in sizes.items():
                answered.clear()
                yield self.asking(response_size, payload=self.zeros(request_size))
                await answered.wait()

        reply = await self.caller.call(
            "TestService", "FullDuplexCall", requests(), on_message=lambda _: answered.set()
        )
        self.expect_sizes(reply, *sizes)

    async def empty_stream(self):
        reply = await self.call("FullDuplexCall")
        expect_equal("the messages", reply.messages, [])

    async def custom_metadata(self):
        metadata = [(INITIAL, "test_initial_metadata_value"), (TRAILING, b"\xab\xab\xab")]
        for method, request in (
            ("UnaryCall", self.large()),
            (self.duplex, self.asking(314159, payload=self.zeros(271828))),
        ):
            reply = await self.call(method, request, metadata=metadata)
            self.expect_sizes(reply, 314159)
            initial, trailing = reply.initial.get(INITIAL), reply.trailing.get(TRAILING)
            expect_equal(INITIAL, initial, "test_initial_metadata_value")
            expect_equal(TRAILING, trailing, b"\xab\xab\xab")

    async def status_code_and_message(self):
        await self.expect_status("test status message")

    async def special_status_message(self):
        await self.expect_status(SPECIAL_MESSAGE)

    async def unimplemented_method(self):
        with expect_failure("UNIMPLEMENTED"):
            await self.call("UnimplementedCall", self.messages.Empty())

    async def unimplemented_service(self):
        with expect_failure("UNIMPLEMENTED"):
            await self.call(
                "UnimplementedCall", self.messages.Empty(), service="UnimplementedService"
            )

    async def cancel_after_begin(self):
        begun = asyncio.Event()

        async def requests():
            begun.set()
            await asyncio.sleep(60)
            yield

        call = asyncio.create_task(
            self.caller.call("TestService", "StreamingInputCall", requests())
        )
        # A client that can't stream a request never asks for one.
        call.add_done_callback(lambda _: begun.set())
        await begun.wait()
        call.cancel()
        with expect_failure("CANCELLED"):
            await call

    async def cancel_after_first_response(self):
        call = None
        request = self.asking(31415, 31415)
        request.response_parameters[1].interval_us = 10_000_000
        call = asyncio.create_task(
            self.caller.call(
                "TestService", self.duplex, self.held_open(request), on_message=lambda _: call.cancel()
            )
        )
        with expect_failure("CANCELLED"):
            await call

    async def timeout_on_sleeping_server(self):
        request = self.asking(1, payload=self.zeros(27182))
        request.response_parameters[0].interval_us = 10_000_000
        with expect_failure("DEADLINE_EXCEEDED"):
            await self.caller.call("TestService", self.duplex, self.held_open(request), timeout=0.001)

    # What the cases have in common.

    async def call(self, method, *requests, service="TestService", **options):
        async def sent():
            for request in requests:
                yield request

        return await self.caller.call(service, method, sent(), timeout=20, **options)

    async def expect_status(self, message):
        status = {"code": 2, "message": message}
        with expect_failure("UNKNOWN", message):
            await self.call("UnaryCall", self.messages.SimpleRequest(response_status=status))
        with expect_failure("UNKNOWN", message):
            request = self.messages.StreamingOutputCallRequest(response_status=status)
            await self.call(self.duplex, request)

    async def held_open(self, request):
        yield request
        if not self.caller.sends_whole_requests:
            await asyncio.sleep(60)

    def large(self, **fields):
        return self.messages.SimpleRequest(
            response_size=314159, payload=self.zeros(271828), **fields
        )

    def asking(self, *sizes, **fields):
        parameters = [self.messages.ResponseParameters(size=size) for size in sizes]
        return self.messages.StreamingOutputCallRequest(response_parameters=parameters, **fields)

    def putting(self, size, **fields):
        return self.messages.StreamingInputCallRequest(payload=self.zeros(size), **fields)

    def zeros(self, size):
        return self.messages.Payload(body=bytes(size))

    def expect_total(self, reply, size):
        sizes = [message.aggregated_payload_size for message in reply.messages]
        expect_equal("the size of all payloads", sizes, [size])

    def expect_sizes(self, reply, *sizes):
        bodies = [message.payload.body for message in reply.messages]
        expect_equal("the sizes", [len(body) for body in bodies], list(sizes))
        expect(not any(map(any, bodies)), "not all is zero")


@contextlib.contextmanager
def expect_failure(code, message=None):
    try:
        yield
    except Failure as failure:
        expect_equal("the status", failure.code, code)
        if message is not None:
            expect_equal("its message", failure.message, message)
    else:
        expect(False, f"it did not fail with {code}")
