"""Fuzzing a server from outside: hostile connections, and good calls between them."""

import collections
import contextlib
import dataclasses
import os
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

from good_calls import call_native_grpc, call_over_http1, call_over_http2
from harness import CheckFailed, expect, wait_until
from hostile_connections import (
    Ending,
    HalfClose,
    Pause,
    Read,
    Send,
    Spoil,
    hostile_connection,
)
from process_status import ProcessStatus
from test_services import TestServer

# After how many connections good calls come.
CONNECTIONS_BETWEEN_CALLS = 100

# Connections at once.
THREADS = 32

# How many more descriptors than before may be open afterwards: the runtime opens some when it first
# needs them.
DESCRIPTORS_MARGIN = 4

# How much more memory than after a first call may be resident afterwards, in bytes, when the allocator has
# given back what was freed: it can't where something in use is in between.
MEMORY_MARGIN = 48 * 1024 * 1024

# What a server prints when it traps, and when something of it gets lost.
TRAPS = re.compile(
    r"Fatal error|Precondition failed|Assertion failed|crashed|Illegal instruction"
    r"|CONTINUATION MISUSE|leaking promise|Segmentation fault"
)

# After so many failures a run ends.
MOST_FAILURES = 10

# How long a client waits for the server to take its bytes, and for an answer, in seconds.
_SEND_TIMEOUT = 0.5
_READ_TIMEOUT = 0.02


@dataclasses.dataclass
class Fuzzing:
    """A run against one server, with those connections that the seed makes.

    With the same seed a second run sends the same; only what meets at the server differs.
    """

    server: TestServer
    seed: int
    # Of the connections.
    numbers: range
    # Called with the run after each thousand connections.
    on_progress: object = lambda _: None

    # How many of the good calls, and of the things that are expected at the end, were as they should.
    passed: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    connections: int = 0

    def __post_init__(self):
        self.process = ProcessStatus(self.server.process.pid)
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._numbers_left = iter(self.numbers)
        self._must_stop = threading.Event()
        self._recent = collections.deque(maxlen=2 * THREADS)
        self._tls_contexts = {}

    def run(self):
        self._expect("a first good call", lambda: self._make_good_calls(0))
        descriptors, memory = self.process.descriptors(), self.process.resident_memory()
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                thread.join()
        finally:
            self._must_stop.set()

        self._expect("the process lives", self._expect_life)
        if self.server.process.poll() is None:
            self._expect("a last good call", lambda: self._make_good_calls(0))
            self._expect("all calls end", self._expect_no_calls)
            self._expect("descriptors are back", lambda: self._expect_descriptors(descriptors))
            self._expect("memory is back", lambda: self._expect_memory(memory))
        self._expect("there is no trap in the log", self._expect_no_trap)

    def rate(self):
        """Connections a second so far."""
        return self.connections / (time.monotonic() - self._start)

    # ---- What is expected

    def _expect(self, what, check):
        try:
            check()
        except Exception as error:
            why = str(error) if isinstance(error, CheckFailed) else repr(error)
            with self._lock:
                self.failures.append(f"{what}: {why}")
                if len(self.failures) >= MOST_FAILURES:
                    self._must_stop.set()
        else:
            with self._lock:
                self.passed += 1

    def _make_good_calls(self, turn):
        """Always one over HTTP/1.1, and every so often the others."""
        call_over_http1(self.server)
        if self.server.has_http2 and turn % 3 == 0:
            call_over_http2(self.server)
        if self.server.has_native and turn % 5 == 0:
            call_native_grpc(self.server)

    def _expect_life(self):
        # A connection may be refused a moment before the process is gone.
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.server.process.wait(timeout=1)
            recent = ", ".join(f"{number} ({name})" for number, name in self._recent)
            raise CheckFailed(f"it has exited with {code}, when the last connections were {recent}")

    def _expect_no_calls(self):
        wait_until("no call to run", lambda: self.server.running_calls() == 0, seconds=15)

    def _expect_descriptors(self, before):
        wait_until(
            f"at most {DESCRIPTORS_MARGIN} more than {before} descriptors to be open",
            lambda: self.process.descriptors() <= before + DESCRIPTORS_MARGIN,
            seconds=15,
        )

    def _expect_memory(self, before):
        # Connections that nobody closed have time limits, the longest of a minute.
        deadline = time.monotonic() + 90
        while True:
            self.server.process.send_signal(signal.SIGUSR1)
            time.sleep(1)
            growth = self.process.resident_memory() - before
            if growth <= MEMORY_MARGIN or time.monotonic() > deadline:
                break
        expect(growth <= MEMORY_MARGIN, f"{growth // 2**20} MiB more than before are resident")

    def _expect_no_trap(self):
        found = [line for line in self.server.log.read_text().splitlines() if TRAPS.search(line)]
        expect(not found, f"there are {len(found)}, first {found[:1]}")

    # ---- Connections

    def _work(self):
        while not self._must_stop.is_set():
            with self._lock:
                number = next(self._numbers_left, None)
            if number is None:
                return
            try:
                self._connect(number)
            except ConnectionRefusedError:
                # Nobody listens any more.
                self._must_stop.set()
                return
            with self._lock:
                self.connections += 1
                count = self.connections
            if count % CONNECTIONS_BETWEEN_CALLS == 0:
                turn = count // CONNECTIONS_BETWEEN_CALLS
                self._expect(
                    f"a good call after {count} connections", lambda: self._make_good_calls(turn)
                )
            if count % 1000 == 0 and self.server.process.poll() is None:
                # Should it end just now, there is no progress.
                with contextlib.suppress(OSError):
                    self.on_progress(self)

    def _connect(self, number):
        is_over_tls = self.server.authority is not None
        hostile = hostile_connection(random.Random(f"{self.seed}/{number}"), is_over_tls)
        with self._lock:
            self._recent.append((number, hostile.name))
        try:
            connection = socket.create_connection(self.server.address, timeout=1)
        except TimeoutError:
            # The server's queue is full. Whether it gets to it is for the good calls to say.
            return
        # It may have seen enough at any time.
        with contextlib.suppress(OSError, ValueError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hostile.is_over_tls:
                context = self._tls_context(hostile.protocols)
                connection = context.wrap_socket(connection, server_hostname="localhost")
            _take_steps(connection, hostile.steps)
        with contextlib.suppress(OSError, ValueError):
            _end(connection, hostile.ending)
        connection.close()

    def _tls_context(self, protocols):
        with self._lock:
            context = self._tls_contexts.get(protocols)
            if context is None:
                context = ssl.create_default_context(cafile=self.server.authority)
                if protocols:
                    context.set_alpn_protocols(list(protocols))
                self._tls_contexts[protocols] = context
            return context


def _take_steps(connection, steps):
    for step in steps:
        match step:
            case Send(data):
                connection.settimeout(_SEND_TIMEOUT)
                connection.sendall(data)
            case Pause(seconds):
                time.sleep(seconds)
            case Read():
                connection.settimeout(_READ_TIMEOUT)
                with contextlib.suppress(TimeoutError):
                    connection.recv(65536)
            case HalfClose():
                connection.shutdown(socket.SHUT_WR)
            case Spoil(data):
                # Of the same connection, but past TLS.
                with socket.socket(fileno=os.dup(connection.fileno())) as tcp:
                    tcp.sendall(data)


def _end(connection, ending):
    if ending is Ending.RESET:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif ending is Ending.DRAIN:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_READ_TIMEOUT)
        end = time.monotonic() + 0.1
        while time.monotonic() < end and connection.recv(65536):
            pass
