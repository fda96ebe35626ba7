"""Offers to speak another protocol, which our servers don't take: the call is answered as if there were
none (RFC 9110, 7.8), and so is the next."""

import socket

import wire
from curl import expect_answers_in_spite_of_offers
from good_calls import ANSWER, PATH, REQUEST, call_over_http1
from harness import check, expect
from process_status import ProcessStatus
from test_services import ADAPTERS, start_ours, test_server_named

MEGABYTE = 1024 * 1024

# What a client sends in the hope that nobody counts it, and how much of it a server may hold, in bytes.
SENT = 128 * MEGABYTE
HELD = 32 * MEGABYTE


@check(
    "upgrade: curl that offers HTTP/2 with each of four calls gets four answers of {adapter}",
    needs="executables",
    adapter=ADAPTERS,
)
def offers_of_curl_to_adapters(environment, adapter):
    server = test_server_named(environment, f"ours, {adapter}")
    expect_answers_in_spite_of_offers(server.url + PATH, REQUEST, ANSWER)


OFFERS = {
    "an offer of another protocol": (
        f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {wire.BINARY}\r\n"
        f"content-length: {len(REQUEST)}\r\nconnection: upgrade\r\nupgrade: anything\r\n\r\n"
    ).encode()
    + REQUEST,
    "CONNECT": b"CONNECT localhost:80 HTTP/1.1\r\nhost: localhost:80\r\n\r\n",
}


@check(
    "upgrade: what follows {offer} costs {adapter} little memory",
    needs="executables",
    offer=list(OFFERS),
    adapter=ADAPTERS,
)
def bytes_behind_an_offer(environment, offer, adapter):
    # A server of its own, as others would cost memory meanwhile.
    with start_ours(environment, f"interop-upgrade-{adapter}", adapter) as server:
        call_over_http1(server)
        process = ProcessStatus(server.process.pid)
        before = most = process.resident_memory()
        with socket.create_connection(server.address) as connection:
            connection.settimeout(2)
            try:
                connection.sendall(OFFERS[offer])
                for _ in range(SENT // MEGABYTE):
                    connection.sendall(bytes(MEGABYTE))
                    most = max(most, process.resident_memory())
            except OSError:
                # It may close the connection, and it may cease to read.
                pass
            most = max(most, process.resident_memory())
            call_over_http1(server)
    expect(
        most - before < HELD, f"{(most - before) // MEGABYTE} MiB of {SENT // MEGABYTE} are held"
    )
