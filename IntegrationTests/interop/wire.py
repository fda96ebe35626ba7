"""gRPC-Web's bytes, as far as the checks write and read them by hand."""

import base64
import re
import struct
import zlib

BINARY = "application/grpc-web+proto"
TEXT = "application/grpc-web-text+proto"

OK = 0
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
RESOURCE_EXHAUSTED = 8
ABORTED = 10
UNIMPLEMENTED = 12
INTERNAL = 13

COMPRESSED_FLAG = 0x01
TRAILERS_FLAG = 0x80

# zlib's name for its gzip format, with the largest window.
_GZIP = 31


def frame(content, flags=0):
    return struct.pack(">BI", flags, len(content)) + content


def hello_request(name):
    return _string_field(name.encode())


def timeout_request(seconds):
    return b"\x0d" + struct.pack("<f", seconds)


def hello_reply(message):
    return _string_field(message.encode())


def simple_request(size):
    """The interop tests' `SimpleRequest` for a payload of so many bytes, which are zeros."""
    return b"\x10" + _varint(size)


def streaming_request(*sizes, pause=0):
    """The interop tests' `StreamingOutputCallRequest` for such payloads, each after a pause, in
    seconds."""
    interval = b"\x10" + _varint(round(pause * 1_000_000)) if pause else b""
    parameters = [b"\x08" + _varint(size) + interval for size in sizes]
    return b"".join(b"\x12" + _varint(len(each)) + each for each in parameters)


def payload_response(size):
    """The interop tests' `SimpleResponse` or `StreamingOutputCallResponse` with such a payload, of at
    least one byte."""
    body = b"\x12" + _varint(size) + bytes(size)
    return b"\x0a" + _varint(len(body)) + body


def _string_field(value):
    """Field 1 as a string. Protocol Buffers leaves an empty one out."""
    if not value:
        return b""
    return b"\x0a" + _varint(len(value)) + value


def _varint(number):
    written = b""
    while number > 0x7F:
        written += bytes([number & 0x7F | 0x80])
        number >>= 7
    return written + bytes([number])


def gzip_zeros(count):
    """That many zeros, compressed: about a thousandth of them. Made without holding them all."""
    compressor = zlib.compressobj(wbits=_GZIP)
    piece = bytes(1024 * 1024)
    pieces = [compressor.compress(piece) for _ in range(count // len(piece))]
    return b"".join(pieces) + compressor.flush()


def split_frames(body):
    """The frames of a complete body, as pairs of flags and content."""
    frames = []
    while body:
        flags, length = struct.unpack(">BI", body[:5])
        content, body = body[5 : 5 + length], body[5 + length :]
        if len(content) != length:
            raise ValueError("the body ends inside a frame")
        frames.append((flags, content))
    return frames


def decode_text(body):
    """A body in text mode as bytes: runs of base64, each padded by itself."""
    runs = re.findall(rb"[^=]+=*", body)
    return b"".join(base64.b64decode(run, validate=True) for run in runs)


def decode_trailers(content):
    """A trailers frame's pairs, in their order. Every line of it must end in CRLF."""
    *lines, rest = content.decode("ascii").split("\r\n")
    if rest:
        raise ValueError(f"a trailer line without its end: {rest!r}")
    return [tuple(line.split(": ", 1)) for line in lines]


def decode_metadata_bytes(value):
    """A `-bin` value, padded or not."""
    return base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
