"""The greeter in Python, with the methods and the answers of the one in Swift.

`asgi` and `wsgi` make applications for Sonora's servers. Run as a program, it is a gRPC server of
grpcio's on a port of its own choice.
"""

import asyncio
import base64
import os
import time

import grpc
import sonora.asgi
import sonora.wsgi
from google.protobuf import any_pb2, empty_pb2, wrappers_pb2
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

import helloworld_pb2 as messages
import helloworld_pb2_grpc as services

# Seconds between two messages of a stream.
PAUSE = float(os.environ["GREETER_PAUSE"])


def greeting(request):
    return f"Hello, {request.name}!"


def metadata_greeting(request, context):
    """The value of the metadata that the request names, or else the usual greeting."""
    named = (value for key, value in context.invocation_metadata() if key == request.name)
    value = next(named, greeting(request))
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def echo(context, prefix):
    return [(f"{prefix}-{key}", value) for key, value in context.invocation_metadata()]


class SyncGreeter(services.GreeterServicer):
    """For Sonora's WSGI application."""

    def SayHello(self, request, context):
        return messages.HelloReply(message=greeting(request))

    def SayHelloSlowly(self, request, context):
        yield from self._characters(greeting(request))

    def HelloMetadata(self, request, context):
        context.send_initial_metadata(echo(context, "initial"))
        context.set_trailing_metadata(echo(context, "trailing"))
        return messages.HelloReply(message=metadata_greeting(request, context))

    def HelloStreamMetadata(self, request, context):
        context.send_initial_metadata(echo(context, "initial"))
        context.set_trailing_metadata(echo(context, "trailing"))
        yield from self._characters(metadata_greeting(request, context))

    def Abort(self, request, context):
        context.abort(grpc.StatusCode.ABORTED, "test aborting")

    def UnaryTimeout(self, request, context):
        while True:
            time.sleep(request.seconds)

    def StreamTimeout(self, request, context):
        while True:
            time.sleep(request.seconds)
            yield empty_pb2.Empty()

    def _characters(self, text):
        for index, character in enumerate(text):
            if index > 0:
                time.sleep(PAUSE)
            yield messages.HelloReply(message=character)


class AsyncGreeter(services.GreeterServicer):
    """For Sonora's ASGI application."""

    async def SayHello(self, request, context):
        return messages.HelloReply(message=greeting(request))

    async def SayHelloSlowly(self, request, context):
        async for reply in self._characters(greeting(request)):
            yield reply

    async def HelloMetadata(self, request, context):
        await context.send_initial_metadata(echo(context, "initial"))
        context.set_trailing_metadata(echo(context, "trailing"))
        return messages.HelloReply(message=metadata_greeting(request, context))

    async def HelloStreamMetadata(self, request, context):
        await context.send_initial_metadata(echo(context, "initial"))
        context.set_trailing_metadata(echo(context, "trailing"))
        async for reply in self._characters(metadata_greeting(request, context)):
            yield reply

    async def Abort(self, request, context):
        await context.abort(grpc.StatusCode.ABORTED, "test aborting")

    async def UnaryTimeout(self, request, context):
        while True:
            await asyncio.sleep(request.seconds)

    async def StreamTimeout(self, request, context):
        while True:
            await asyncio.sleep(request.seconds)
            yield empty_pb2.Empty()

    async def _characters(self, text):
        for index, character in enumerate(text):
            if index > 0:
                await asyncio.sleep(PAUSE)
            yield messages.HelloReply(message=character)


class DetailedGreeter(AsyncGreeter):
    """For grpcio, which can say more about an error than Sonora."""

    async def Abort(self, request, context):
        detail = any_pb2.Any()
        detail.Pack(wrappers_pb2.StringValue(value="the reason"))
        status = status_pb2.Status(
            code=code_pb2.ABORTED, message="test aborting", details=[detail]
        )
        details = rpc_status.to_status(status).trailing_metadata
        trailing = (("reason", "a test"), ("reason-bin", b"\x00\xff"), *details)
        await context.abort(grpc.StatusCode.ABORTED, status.message, trailing)


def asgi():
    application = sonora.asgi.grpcASGI()
    services.add_GreeterServicer_to_server(AsyncGreeter(), application)
    return application


def wsgi():
    application = sonora.wsgi.grpcWSGI()
    services.add_GreeterServicer_to_server(SyncGreeter(), application)
    return application


async def serve():
    # Compresses what gets smaller by it, for clients that accept that.
    server = grpc.aio.server(compression=grpc.Compression.Gzip)
    services.add_GreeterServicer_to_server(DetailedGreeter(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"Greeter is listening on http://127.0.0.1:{port}", flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve())
