"""HTTP/1.1 over a bare socket: for requests that no well-behaved client can be made to send."""

import contextlib
import dataclasses
import http.client
import socket
import time

import wire


@dataclasses.dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    keeps_alive: bool = True
    # When each piece of the body came, in seconds after the headers.
    arrivals: list[float] = dataclasses.field(default_factory=list)

    def header(self, name):
        """The value of a header, repeated ones joined; `None` if it is not there."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None

    def frames(self):
        """The body's frames, whichever mode it is in."""
        is_text = self.header("content-type").startswith("application/grpc-web-text")
        return wire.split_frames(wire.decode_text(self.body) if is_text else self.body)

    def trailers(self):
        """The trailers as pairs: the last frame's, or the headers when there is no body."""
        if not self.body:
            return self.headers
        flags, content = self.frames()[-1]
        return wire.decode_trailers(content) if flags == wire.TRAILERS_FLAG else []

    def grpc_status(self):
        status = dict(self.trailers()).get("grpc-status")
        return None if status is None else int(status)


class Connection:
    """A connection to a greeter, or to the server of another service."""

    def __init__(self, server, service="helloworld.Greeter"):
        self._socket = socket.create_connection(server.address, timeout=10)
        self._host = "{}:{}".format(*server.address)
        self._service = service

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._socket.close()

    def call(self, method, body, headers=()):
        """Sends a complete request and reads the answer."""
        self.send_head(method, [("content-length", str(len(body))), *headers])
        # A server that has seen enough of a bad body may answer and close before the end of it.
        with contextlib.suppress(ConnectionError):
            self.send(body)
        return self.answer()

    def send_head(self, method, headers=()):
        lines = [f"POST /{self._service}/{method} HTTP/1.1", f"host: {self._host}"]
        if "content-type" not in dict(headers):
            lines.append(f"content-type: {wire.BINARY}")
        lines += [f"{name}: {value}" for name, value in headers]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def send(self, data):
        self._socket.sendall(data)

    def send_chunk(self, data):
        self.send(b"%x\r\n%s\r\n" % (len(data), data))

    def end_chunks(self):
        self.send(b"0\r\n\r\n")

    def answer(self):
        return self.rest_of(self.response())

    def response(self):
        """The head of a response."""
        response = http.client.HTTPResponse(self._socket, method="POST")
        response.begin()
        return response

    def rest_of(self, response):
        """A response with its body."""
        start = time.monotonic()
        body, arrivals = b"", []
        while piece := response.read1():
            body += piece
            arrivals.append(time.monotonic() - start)
        return Answer(
            response.status, response.getheaders(), body, not response.will_close, arrivals
        )
