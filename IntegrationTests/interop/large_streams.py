"""Our clients with a stream that comes faster than it is read, as back-pressure must stand it.

The server is of our own making: it sends large messages as fast as they are taken.
"""

import contextlib
import http.server
import threading

import wire
from harness import check, expect, expect_equal
from swift_client import CLIENTS, SwiftClient, expect_messages

MESSAGE = "x" * 70_000
COUNT = 200


class LargeStream(http.server.BaseHTTPRequestHandler):
    """Answers every request with that many such messages."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", wire.BINARY)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        message = wire.frame(wire.hello_reply(MESSAGE))
        # The client may be gone, which is for the check to find out.
        with contextlib.suppress(ConnectionError):
            for _ in range(COUNT):
                self._send_chunk(message)
            self._send_chunk(wire.frame(b"grpc-status: 0\r\n", wire.TRAILERS_FLAG))
            self._send_chunk(b"")

    def log_message(self, *_):
        pass

    def _send_chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))


@contextlib.contextmanager
def large_stream_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), LargeStream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@check("swift {client}: a stream of many large messages", needs="executables", client=CLIENTS)
def many_large_messages(environment, client):
    url = environment.shared(large_stream_server)
    call = SwiftClient(environment.executable("greeter-client"), url, client, "binary").call(
        "say-hello-slowly", "world", "--timeout", "20"
    )
    came = len(call.messages)
    expect(call.error is None, f"it failed after {came} of {COUNT} messages: {call.error}")
    expect_equal("the number of messages", came, COUNT)
    expect_messages(call, [MESSAGE] * COUNT)
