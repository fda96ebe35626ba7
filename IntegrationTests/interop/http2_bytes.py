"""HTTP/2's bytes (RFC 9113, and RFC 7541 for headers), as far as the checks write and read them by
hand."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA = 0
HEADERS = 1
PRIORITY = 2
RST_STREAM = 3
SETTINGS = 4
PUSH_PROMISE = 5
PING = 6
GOAWAY = 7
WINDOW_UPDATE = 8
CONTINUATION = 9

ACK = 0x1
END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8

NO_SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def http2_frame(kind, flags=0, stream=0, content=b""):
    length = struct.pack(">I", len(content))[1:]
    return length + bytes([kind, flags]) + struct.pack(">I", stream) + content


def header_block(fields):
    """Each field as a literal without indexing, with its name, not in Huffman's code."""
    return b"".join(b"\x00" + _string(name) + _string(value) for name, value in fields)


def _string(text):
    content = text.encode("latin-1")
    if len(content) < 0x7F:
        return bytes([len(content)]) + content
    rest, length = len(content) - 0x7F, b"\x7f"
    while rest > 0x7F:
        length += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    return length + bytes([rest]) + content


def call_fields(path, content_type, scheme="http"):
    """The head of a call."""
    return [
        (":method", "POST"),
        (":scheme", scheme),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", content_type),
        ("te", "trailers"),
    ]


def call_frames(stream, fields, body):
    return http2_frame(HEADERS, END_HEADERS, stream, header_block(fields)) + http2_frame(
        DATA, END_STREAM, stream, body
    )


def read_body(connection, stream):
    """The body of the response on a stream, from a socket; acknowledges settings on the way."""
    body = b""
    while True:
        length, kind, flags, number = struct.unpack(">IBBI", b"\x00" + _read_exactly(connection, 9))
        content = _read_exactly(connection, length)
        if kind == SETTINGS and not flags & ACK:
            connection.sendall(http2_frame(SETTINGS, ACK))
        elif kind == GOAWAY:
            raise ConnectionError(f"the server has sent GOAWAY: {content}")
        elif number == stream and kind == RST_STREAM:
            raise ConnectionError(f"the server has reset the stream: {content}")
        elif number == stream:
            if kind == DATA:
                body += content
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                return body


def _read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("the server has closed the connection")
        data += piece
    return data
