"""gRPC-Web's bytes, and those of the calls that are measured."""

import base64
import dataclasses

BINARY = "application/grpc-web+proto"
TEXT = "application/grpc-web-text+proto"

_SERVICE = "/sonora.bench.Bench"


@dataclasses.dataclass(frozen=True)
class Call:
    """A request, and what the body of its response starts with, before any text mode."""

    method: str
    message: bytes
    answer: bytes
    content_type: str = BINARY

    @property
    def path(self):
        return f"{_SERVICE}/{self.method}"

    @property
    def body(self):
        body = frame(self.message)
        return base64.b64encode(body) if self.content_type == TEXT else body

    @property
    def headers(self):
        return {
            "content-type": self.content_type,
            "x-grpc-web": "1",
            "x-user-agent": "grpc-web-bench",
        }


def frame(payload, flags=0):
    return bytes([flags]) + len(payload).to_bytes(4, "big") + payload


def frames(body):
    """The frames of a body, as flags and payload each."""
    position = 0
    while position < len(body):
        start = position + 5
        end = start + int.from_bytes(body[position + 1 : start], "big")
        if end > len(body):
            raise ValueError("the body ends inside a frame")
        yield body[position], body[start:end]
        position = end


def unary(content_type=BINARY):
    message, answer = _bytes_field(1, b"world"), _bytes_field(1, b"Hello, world!")
    return Call("Unary", message, frame(answer), content_type)


def echo(size):
    message = _bytes_field(1, b"x" * size)
    return Call("Echo", message, frame(message))


def stream(messages, size):
    message = _integer_field(1, messages) + _integer_field(2, size)
    return Call("Stream", message, frame(_bytes_field(1, b"x" * size)))


def idle():
    return Call("Idle", b"", frame(b""))


# ---- Protocol buffers


def _bytes_field(number, value):
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _integer_field(number, value):
    return _varint(number << 3) + _varint(value)


def _varint(value):
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
