"""The methods of the interop tests' services, as clients and servers without generated code need
them. Needs the generated modules on the path."""

from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from google.protobuf.message_factory import GetMessageClass

import test_pb2

SERVICES = test_pb2.DESCRIPTOR.services_by_name

_STREAM_TYPES = {
    (False, False): StreamType.UNARY,
    (True, False): StreamType.CLIENT_STREAM,
    (False, True): StreamType.SERVER_STREAM,
    (True, True): StreamType.BIDI_STREAM,
}


def connect_methods(service):
    """A service's methods by name, as Connect's generated code would have them."""
    return {
        method.name: MethodInfo(
            name=method.name,
            service_name=SERVICES[service].full_name,
            input=GetMessageClass(method.input_type),
            output=GetMessageClass(method.output_type),
            idempotency_level=IdempotencyLevel.UNKNOWN,
            stream_type=_STREAM_TYPES[method.client_streaming, method.server_streaming],
        )
        for method in SERVICES[service].methods
    }
