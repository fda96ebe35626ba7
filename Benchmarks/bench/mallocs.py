"""Allocations of a unary call, counted by a library that is loaded before the server."""

import contextlib
import tempfile

import servers
import wire
import wrk

SERVERS = ["bare-nio", "bare-hummingbird", "middleware", "nio"]


def mallocs_per_call(environment, name):
    """The number of allocations per unary call of one of `bench-server`'s servers."""
    with contextlib.ExitStack() as stack:
        counter = stack.enter_context(tempfile.NamedTemporaryFile())
        variables = {"LD_PRELOAD": str(environment.malloc_counter), "MALLOC_COUNTER": counter.name}
        server = stack.enter_context(servers.bench_server(environment, name, variables))
        wrk.load(server, wire.unary(), environment.warm_up)
        before = _count(counter)
        load = wrk.load(server, wire.unary(), environment.seconds)
        return (_count(counter) - before) / load.requests


def _count(counter):
    counter.seek(0)
    return int.from_bytes(counter.read(8), "little")
