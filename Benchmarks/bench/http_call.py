"""A call over a socket, with as little in between as possible: what reads it must not be slow."""

import base64
import contextlib
import re
import socket
import time

from wire import TEXT, frames

_END_OF_CHUNKS = b"\r\n0\r\n\r\n"


@contextlib.contextmanager
def connection(server, receive_buffer=None, seconds=60):
    """A connection to a server.

    With a `receive_buffer`, in bytes, the system keeps not much more than that of what isn't read.
    """
    with socket.socket() as connected:
        connected.settimeout(seconds)
        if receive_buffer is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.connect(server.address)
        yield connected


def send(connected, server, call):
    fields = {"host": "{}:{}".format(*server.address), **call.headers}
    fields["content-length"] = len(call.body)
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connected.sendall(f"POST {call.path} HTTP/1.1\r\n{head}\r\n".encode() + call.body)


def receive_until(connected, is_whole, *, received=b"", at_most=1 << 20, seconds=60):
    """Receives, up to so many bytes at once, until all that came is whole, and returns that."""
    end = time.monotonic() + seconds
    received = bytearray(received)
    buffer = memoryview(bytearray(at_most))
    while not is_whole(received):
        count = connected.recv_into(buffer)
        if count == 0:
            raise ConnectionError("the server closed the connection inside a response")
        received += buffer[:count]
        if time.monotonic() > end:
            raise TimeoutError(f"a response wasn't whole after {seconds} s")
    return bytes(received)


def receive_response(connected, *, received=b""):
    """Receives a whole response, of which something may have come, and returns it as it came."""
    return receive_until(connected, _is_whole_response, received=received)


def _is_whole_response(received):
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _content_length(received[:head])
    if length is None:
        return received.endswith(_END_OF_CHUNKS)
    return len(received) >= head + 4 + length


def _content_length(head):
    found = re.search(rb"\r\ncontent-length:\s*(\d+)", head, re.IGNORECASE)
    return found and int(found[1])


def body_of(response):
    """The body of a response: without chunks, and without text mode."""
    head, _, body = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(f"the response is {head.splitlines()[0]!r}")
    if _content_length(head) is None:
        body = _join_chunks(body)
    if TEXT.removesuffix("+proto").encode() in head.lower():
        body = b"".join(map(base64.b64decode, re.findall(rb"[^=]+=*", body)))
    return body


def _join_chunks(body):
    joined, position = bytearray(), 0
    while True:
        line = body.index(b"\r\n", position)
        size = int(body[position:line], 16)
        if size == 0:
            return bytes(joined)
        joined += body[line + 2 : line + 2 + size]
        position = line + 2 + size + 2


def check_messages(response, call, count):
    """Checks that a response has so many of the call's messages, and then the status 0."""
    *messages, (flags, trailers) = frames(body_of(response))
    if flags != 0x80 or not re.search(rb"grpc-status: ?0\r\n", trailers):
        raise ValueError(f"the call ended with {trailers!r}")
    if len(messages) != count:
        raise ValueError(f"{len(messages)} messages came, not {count}")
    if any(frame_payload != call.answer[5:] for _, frame_payload in messages):
        raise ValueError("a message came that isn't the one asked for")
