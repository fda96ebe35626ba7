"""What streams cost a server in memory, each over a connection of its own."""

import contextlib

import http_call
import machine
import wire

STREAMS = 1000

# What a reader that has stopped reading is owed: 10 MB.
_STALLED_MESSAGES, _STALLED_SIZE = 1000, 10_000
# Small, so that what is owed waits in the server and not in the system's buffers; but large enough
# for a segment of the loopback's, or else reading on takes minutes.
_STALLED_RECEIVE_BUFFER = 64 * 1024


def idle_stream_bytes(server):
    """How much the server's memory grows by a stream that has sent a message and waits."""
    call = wire.idle()

    def open_stream(stack):
        connected = stack.enter_context(http_call.connection(server))
        http_call.send(connected, server, call)
        http_call.receive_until(connected, lambda received: call.answer in received)
        return connected

    with contextlib.ExitStack() as stack:
        before = _memory_with_a_first_stream(server, open_stream)
        for _ in range(STREAMS):
            open_stream(stack)
        return (machine.settled_resident_bytes(server.process_id) - before) / STREAMS


def stalled_streams_bytes(server):
    """How much the server's memory grows by streams to readers that read only the head."""
    call = wire.stream(_STALLED_MESSAGES, _STALLED_SIZE)

    def open_stream(stack):
        connected = stack.enter_context(
            http_call.connection(server, receive_buffer=_STALLED_RECEIVE_BUFFER)
        )
        http_call.send(connected, server, call)
        head = http_call.receive_until(
            connected, lambda received: b"\r\n\r\n" in received, at_most=1024
        )
        return connected, head

    with contextlib.ExitStack() as stack:
        before = _memory_with_a_first_stream(server, open_stream)
        stalled = [open_stream(stack) for _ in range(STREAMS)]
        growth = machine.settled_resident_bytes(server.process_id) - before

        # Whoever reads on gets all that was owed.
        connected, head = stalled[0]
        response = http_call.receive_response(connected, received=head)
        http_call.check_messages(response, call, _STALLED_MESSAGES)
        return growth


def _memory_with_a_first_stream(server, open_stream):
    """The memory of the server when a stream has been there: what any stream needs is loaded."""
    with contextlib.ExitStack() as stack:
        open_stream(stack)
    return machine.settled_resident_bytes(server.process_id)
