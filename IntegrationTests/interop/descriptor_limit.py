"""A server with as many connections as it may have descriptors.

It waits then, and serves on when there are fewer.
"""

import contextlib
import resource
import socket
import time

from good_calls import call_over_http1
from harness import Lack, check, expect, expect_lack, wait_until
from process_status import ProcessStatus
from test_services import ADAPTERS, start_ours

# Connections that the server has descriptors for, and that it has none for.
ACCEPTED = 30
WAITING = 10

# How long to look how busy it is, after how much time, and how long it may be, in seconds. SwiftNIO's
# handler that pauses accepting does so for a second, and only once.
UNOBSERVED = 1.5
OBSERVED = 1.0
BUSY = 0.1

# What a framework doesn't do.
_HUMMINGBIRD = Lack(
    "Hummingbird's accept loop tries again at once, and it has no place for a handler of ours",
    r"it is busy for .*",
)
LACKS = {"middleware": _HUMMINGBIRD, "hummingbird": _HUMMINGBIRD}


@check(
    "descriptors: {adapter} doesn't spin when there are none, and serves on when some are free",
    needs="executables",
    adapter=ADAPTERS,
)
def descriptor_limit(environment, adapter):
    with contextlib.ExitStack() as stack:
        stack.enter_context(expect_lack(LACKS.get(adapter)))
        name = f"interop-descriptors-{adapter}"
        server = stack.enter_context(start_ours(environment, name, adapter))
        call_over_http1(server)
        process = ProcessStatus(server.process.pid)
        limit = process.descriptors() + ACCEPTED
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (limit, limit))

        idle = [
            stack.enter_context(socket.create_connection(server.address, timeout=5))
            for _ in range(ACCEPTED + WAITING)
        ]
        wait_until("no descriptor to be left", lambda: process.descriptors() >= limit)
        time.sleep(UNOBSERVED)
        before = process.processor_time()
        time.sleep(OBSERVED)
        busy = process.processor_time() - before
        expect(busy < BUSY, f"it is busy for {busy:.2f} s of {OBSERVED:g} s")

        for connection in idle[: ACCEPTED - 5]:
            connection.close()
        call_over_http1(server)
