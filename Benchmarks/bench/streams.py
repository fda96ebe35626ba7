"""One call with many messages, one after the other."""

import time

import http_call


def messages_per_second(server, call, count, seconds):
    """How fast the messages of a call come, over as many calls as fit into a time."""
    calls, spent = 0, 0.0
    while spent < seconds:
        response, took = _timed(server, call)
        http_call.check_messages(response, call, count)
        calls += 1
        spent += took
    return calls * count / spent


def _timed(server, call):
    # Nothing but receiving happens while the clock runs, so that it never waits for this side.
    with http_call.connection(server) as connected:
        start = time.perf_counter()
        http_call.send(connected, server, call)
        response = http_call.receive_response(connected)
        return response, time.perf_counter() - start
