"""The test service of gRPC's interop tests in Python, in two servers.

Run as a program, it is a gRPC server of grpcio's on a port of its own choice. `connect` makes an
ASGI application of Connect's, which speaks gRPC-Web.

Neither can tell whether a request came compressed, so `expect_compressed` is not looked at.
"""

import asyncio

import grpc
from connectrpc.code import Code
from connectrpc.compat import google_protobuf_codecs
from connectrpc.errors import ConnectError
from connectrpc.server import ConnectASGIApplication, Endpoint

import messages_pb2 as messages
import test_methods
import test_pb2_grpc as services
from empty_pb2 import Empty

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"


def payload(size):
    return messages.Payload(body=bytes(size))


async def responses(request):
    """The messages that a request asks for, each with whether to compress it, and in time."""
    for parameters in request.response_parameters:
        if parameters.interval_us > 0:
            await asyncio.sleep(parameters.interval_us / 1e6)
        yield messages.StreamingOutputCallResponse(payload=payload(parameters.size)), parameters


# ---- grpcio


class TestService(services.TestServiceServicer):
    """`UnimplementedCall` is the base class's."""

    async def EmptyCall(self, request, context):
        await self._echo_metadata(context)
        return Empty()

    async def UnaryCall(self, request, context):
        self._set_compression(context, request.response_compressed.value)
        await self._echo_metadata(context)
        await self._abort_if_asked(request, context)
        return messages.SimpleResponse(payload=payload(request.response_size))

    async def StreamingOutputCall(self, request, context):
        self._set_compression(context, any(p.compressed.value for p in request.response_parameters))
        await self._echo_metadata(context)
        async for response in self._answers(request, context):
            yield response

    async def StreamingInputCall(self, request_iterator, context):
        await self._echo_metadata(context)
        size = 0
        async for request in request_iterator:
            size += len(request.payload.body)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    async def FullDuplexCall(self, request_iterator, context):
        await self._echo_metadata(context)
        async for request in request_iterator:
            async for response in self._answers(request, context):
                yield response

    async def HalfDuplexCall(self, request_iterator, context):
        await self._echo_metadata(context)
        requests = [request async for request in request_iterator]
        for request in requests:
            async for response in self._answers(request, context):
                yield response

    async def _answers(self, request, context):
        await self._abort_if_asked(request, context)
        async for response, parameters in responses(request):
            if not parameters.compressed.value:
                context.disable_next_message_compression()
            yield response

    def _set_compression(self, context, is_compressed):
        context.set_compression(
            grpc.Compression.Gzip if is_compressed else grpc.Compression.NoCompression
        )

    async def _echo_metadata(self, context):
        received = context.invocation_metadata()
        context.set_trailing_metadata([pair for pair in received if pair[0] == TRAILING])
        await context.send_initial_metadata([pair for pair in received if pair[0] == INITIAL])

    async def _abort_if_asked(self, request, context):
        if request.HasField("response_status"):
            codes = {code.value[0]: code for code in grpc.StatusCode}
            status = request.response_status
            await context.abort(codes[status.code], status.message, context.trailing_metadata())


async def serve():
    server = grpc.aio.server()
    services.add_TestServiceServicer_to_server(TestService(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"Interop server is listening on http://127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


# ---- Connect


class ConnectTestService:
    async def EmptyCall(self, request, context):
        _echo_headers(context)
        return Empty()

    async def UnaryCall(self, request, context):
        _echo_headers(context)
        _raise_if_asked(request)
        return messages.SimpleResponse(payload=payload(request.response_size))

    async def StreamingOutputCall(self, request, context):
        _echo_headers(context)
        async for response in _connect_answers(request):
            yield response

    async def StreamingInputCall(self, requests, context):
        _echo_headers(context)
        size = 0
        async for request in requests:
            size += len(request.payload.body)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    async def FullDuplexCall(self, requests, context):
        _echo_headers(context)
        async for request in requests:
            async for response in _connect_answers(request):
                yield response

    async def HalfDuplexCall(self, requests, context):
        _echo_headers(context)
        for request in [request async for request in requests]:
            async for response in _connect_answers(request):
                yield response


async def _connect_answers(request):
    _raise_if_asked(request)
    async for response, _ in responses(request):
        yield response


def _echo_headers(context):
    for headers, key in (
        (context.response_headers, INITIAL),
        (context.response_trailers, TRAILING),
    ):
        if key in context.request_headers:
            for value in context.request_headers.getall(key):
                headers.add(key, value)


def _raise_if_asked(request):
    if request.HasField("response_status"):
        code = list(Code)[request.response_status.code - 1]
        raise ConnectError(code, request.response_status.message)


class ConnectApplication(ConnectASGIApplication):
    def __init__(self, service):
        methods = test_methods.connect_methods("TestService")
        kinds = {
            "UNARY": Endpoint.unary,
            "CLIENT_STREAM": Endpoint.client_stream,
            "SERVER_STREAM": Endpoint.server_stream,
            "BIDI_STREAM": Endpoint.bidi_stream,
        }
        endpoints = {
            f"/{method.service_name}/{method.name}": kinds[method.stream_type.name](
                method, getattr(service, method.name)
            )
            for method in methods.values()
            if hasattr(service, method.name)
        }
        super().__init__(
            service=service,
            endpoints=lambda _: endpoints,
            codecs=google_protobuf_codecs(),
        )

    @property
    def path(self):
        return "/grpc.testing.TestService"


def connect():
    return ConnectApplication(ConnectTestService())


if __name__ == "__main__":
    asyncio.run(serve())
