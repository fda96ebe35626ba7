"""Python's clients, as the interop tests use them: each makes every kind of call in one way.

Faults that are lived with here:
- Sonora's aio client hands a unary call's trailers out, but does not look at their status.
- Sonora hands `-bin` values out as they came, in base64; so does Connect.
"""

import asyncio
import base64
import contextlib
import dataclasses
import sys
import types

import grpc
import sonora.aio
import sonora.client
from connectrpc.client import ConnectClient, ResponseMetadata
from connectrpc.compat import google_protobuf_binary_codec
from connectrpc.errors import ConnectError
from connectrpc.method import StreamType
from connectrpc.protocol import ProtocolType
from connectrpc.compression.gzip import GzipCompression
from connectrpc.request import Headers

import wire
from stubs import generated_folder


@contextlib.contextmanager
def generated(environment):
    """The classes of the interop tests' messages."""
    folder = environment.shared(generated_folder)
    sys.path.insert(0, folder)
    try:
        import empty_pb2
        import messages_pb2

        names = {**vars(messages_pb2), "Empty": empty_pb2.Empty}
        yield types.SimpleNamespace(**names)
    finally:
        sys.path.remove(folder)


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclasses.dataclass
class Reply:
    messages: list
    # By name, `-bin` values as bytes.
    initial: dict
    trailing: dict


class Client:
    """A client in a context of its own.

    `call` makes a call with the requests of an asynchronous iterator, and calls `on_message` with each
    message of the response when it comes.
    """

    streams_requests = False
    # Whether a request is sent when its last message is there, and not before.
    sends_whole_requests = False

    def __init__(self, url):
        self.url = url
        self._exits = contextlib.AsyncExitStack()

    async def __aenter__(self):
        await self._open()
        return self

    async def __aexit__(self, *error):
        await self._exits.aclose()


class _Sonora(Client):
    """What Sonora can't do is asked of it as of grpcio, whose interface it follows."""

    async def call(
        self,
        service,
        method,
        requests,
        timeout=None,
        metadata=(),
        on_message=lambda _: None,
        compressed=False,
    ):
        info = methods(service)[method]
        sent, received = _kinds(info)
        callable = getattr(self.channel, f"{sent}_{received}")(
            f"/{info.service_name}/{info.name}",
            info.input.SerializeToString,
            info.output.FromString,
        )
        if sent == "stream":
            # What this returns raises when it is called, of whatever kind the call is to be.
            return callable(requests, timeout)()
        request = await anext(requests)
        options = {"timeout": timeout, "metadata": metadata}
        if compressed:
            options["compression"] = grpc.Compression.Gzip
        try:
            if received == "stream":
                call = callable(request, **options)
                messages, initial, trailing = await self._stream(call, on_message)
            else:
                messages, initial, trailing = await self._unary(callable, request, options)
        except grpc.RpcError as error:
            raise Failure(error.code().name, error.details())
        return Reply(messages, _metadata(initial), _metadata(trailing))

    def _hand_out(self, call, message, on_message):
        on_message(message)
        if asyncio.current_task().cancelling():
            call.cancel()


class SonoraSync(_Sonora):
    async def _open(self):
        channel = sonora.client.insecure_web_channel(self.url)
        self.channel = self._exits.enter_context(channel)

    async def _unary(self, callable, request, options):
        reply, call = callable.with_call(request, **options)
        return [reply], call.initial_metadata(), call.trailing_metadata()

    async def _stream(self, call, on_message):
        messages = []
        for message in call:
            messages.append(message)
            self._hand_out(call, message, on_message)
        return messages, call.initial_metadata(), call.trailing_metadata()


class SonoraAIO(_Sonora):
    async def _open(self):
        channel = sonora.aio.insecure_web_channel(self.url)
        self.channel = await self._exits.enter_async_context(channel)

    async def _unary(self, callable, request, options):
        call = callable(request, **options)
        messages = [await call]
        return messages, await call.initial_metadata(), await call.trailing_metadata()

    async def _stream(self, call, on_message):
        messages = []
        async for message in call:
            messages.append(message)
            self._hand_out(call, message, on_message)
        return messages, await call.initial_metadata(), await call.trailing_metadata()


class Connect(Client):
    streams_requests = True

    async def _open(self):
        self._clients = {}
        for is_compressed in False, True:
            client = ConnectClient(
                self.url,
                protocol=ProtocolType.GRPC_WEB,
                codec=google_protobuf_binary_codec(),
                send_compression=GzipCompression() if is_compressed else None,
            )
            self._clients[is_compressed] = await self._exits.enter_async_context(client)

    async def call(
        self,
        service,
        method,
        requests,
        timeout=None,
        metadata=(),
        on_message=lambda _: None,
        compressed=False,
    ):
        info = methods(service)[method]
        client = self._clients[compressed]
        options = {
            "method": info,
            "headers": Headers([(key, _encoded(value)) for key, value in metadata]),
            "timeout_ms": timeout and max(1, int(timeout * 1000)),
        }
        messages = []
        with ResponseMetadata() as response:
            try:
                match info.stream_type:
                    case StreamType.UNARY:
                        request = await anext(requests)
                        messages.append(await client.execute_unary(request=request, **options))
                    case StreamType.CLIENT_STREAM:
                        reply = await client.execute_client_stream(request=requests, **options)
                        messages.append(reply)
                    case StreamType.SERVER_STREAM | StreamType.BIDI_STREAM:
                        if info.stream_type == StreamType.SERVER_STREAM:
                            request = await anext(requests)
                            replies = client.execute_server_stream(request=request, **options)
                        else:
                            replies = client.execute_bidi_stream(request=requests, **options)
                        async for message in replies:
                            messages.append(message)
                            on_message(message)
            except ConnectError as error:
                name = error.code.name.replace("CANCELED", "CANCELLED")
                raise Failure(name, error.message)
            initial, trailing = response.headers.allitems(), response.trailers.allitems()
            return Reply(messages, _metadata(initial), _metadata(trailing))


class Grpcio(Client):
    streams_requests = True

    async def _open(self):
        target = self.url.removeprefix("http://")
        channel = grpc.aio.insecure_channel(target)
        self.channel = await self._exits.enter_async_context(channel)

    async def call(
        self,
        service,
        method,
        requests,
        timeout=None,
        metadata=(),
        on_message=lambda _: None,
        compressed=False,
    ):
        info = methods(service)[method]
        compression = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
        sent, received = _kinds(info)
        callable = getattr(self.channel, f"{sent}_{received}")(
            f"/{info.service_name}/{info.name}",
            request_serializer=info.input.SerializeToString,
            response_deserializer=info.output.FromString,
        )
        request = requests if sent == "stream" else await anext(requests)
        call = callable(
            request, timeout=timeout, metadata=list(metadata), compression=compression
        )
        messages = []
        try:
            if received == "stream":
                async for message in call:
                    messages.append(message)
                    on_message(message)
            else:
                messages.append(await call)
            initial, trailing = await call.initial_metadata(), await call.trailing_metadata()
        except grpc.RpcError as error:
            raise Failure(error.code().name, error.details())
        except asyncio.CancelledError:
            raise Failure((await call.code()).name, await call.details())
        return Reply(messages, dict(initial), dict(trailing))


CLIENTS = {
    "sonora sync": SonoraSync,
    "sonora aio": SonoraAIO,
    "connect": Connect,
    "grpcio": Grpcio,
}


def methods(service):
    # Known only when its modules have been generated.
    import test_methods

    return test_methods.connect_methods(service)


def _kinds(info):
    """How a method's request and its response are sent, as grpcio's names have it."""
    streams_request = info.stream_type in (StreamType.CLIENT_STREAM, StreamType.BIDI_STREAM)
    streams_response = info.stream_type in (StreamType.SERVER_STREAM, StreamType.BIDI_STREAM)
    return "stream" if streams_request else "unary", "stream" if streams_response else "unary"


def _encoded(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode().rstrip("=")
    return value


def _metadata(pairs):
    pairs = pairs.items() if isinstance(pairs, dict) else pairs or []
    return {
        key.lower(): wire.decode_metadata_bytes(value) if key.endswith("-bin") else value
        for key, value in pairs
    }
