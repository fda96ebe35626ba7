"""What hostile clients do with a connection, made up at random: bytes, mutated requests and frames,
cuts and resets at any time.

Each is a `HostileConnection`, made from a `random.Random` alone: the same seed makes the same one.
"""

import dataclasses
import enum
import gzip
import ssl

import wire
from http2_bytes import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    NO_SETTINGS,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    call_fields,
    call_frames,
    header_block,
    http2_frame,
)

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE

SERVICE = "/grpc.testing.TestService/"


@dataclasses.dataclass(frozen=True)
class Send:
    data: bytes


@dataclasses.dataclass(frozen=True)
class Pause:
    seconds: float


@dataclasses.dataclass(frozen=True)
class Read:
    """Takes what is there, or comes soon."""


@dataclasses.dataclass(frozen=True)
class HalfClose:
    """Says that nothing more is sent; what comes may still be read."""


@dataclasses.dataclass(frozen=True)
class Spoil:
    """Sends bytes past TLS, where the server expects a record of it."""

    data: bytes


class Ending(enum.Enum):
    CLOSE = enum.auto()
    # A TCP segment RST, at once.
    RESET = enum.auto()
    # Half-closes, and reads until the server closes, or for a moment.
    DRAIN = enum.auto()


@dataclasses.dataclass(frozen=True)
class HostileConnection:
    name: str
    steps: list
    ending: Ending
    # Whether TLS is negotiated first, and the protocols that are offered in it.
    is_over_tls: bool = False
    protocols: tuple[str, ...] = ()


def hostile_connection(random, server_has_tls=False):
    if not server_has_tls:
        name, steps = _steps(random, _PLAIN)
        return HostileConnection(name, steps, _ending(random))
    if random.random() < 0.5:
        name, steps = _steps(random, _BEFORE_TLS)
        return HostileConnection(name, steps, _ending(random))
    protocols = random.choice([(), ("http/1.1",), ("h2",), ("h2", "http/1.1"), ("spdy/3",)])
    # What fits the protocol, mostly.
    kinds = _HTTP2 if "h2" in protocols else _HTTP1
    name, steps = _steps(random, kinds if random.random() < 0.9 else _PLAIN)
    if random.random() < 0.05:
        steps.insert(random.randrange(len(steps) + 1), Spoil(random.randbytes(50)))
    name = f"TLS with {' and '.join(protocols) or 'no protocol'}, {name}"
    return HostileConnection(name, steps, _ending(random), True, protocols)


def _steps(random, kinds):
    kind = random.choices(list(kinds), list(kinds.values()))[0]
    return kind.__name__.strip("_").replace("_", " "), kind(random)


def _ending(random):
    return random.choices(list(Ending), [4, 4, 1])[0]


# ---- Making bytes


def _pieces(random, data):
    """Sends it in one or several writes, most with a pause between, perhaps reading on the way."""
    steps = []
    for _ in range(random.choice((0, 0, 1, random.randrange(8)))):
        if len(data) < 2:
            break
        at = random.randrange(1, len(data))
        piece, data = data[:at], data[at:]
        steps.append(Send(piece))
        if random.random() < 0.7:
            steps.append(_pause(random))
        if random.random() < 0.2:
            steps.append(Read())
    steps.append(Send(data))
    for step, chance in (_pause(random), 0.5), (Read(), 0.5), (HalfClose(), 0.1), (Read(), 0.1):
        if random.random() < chance:
            steps.append(step)
    return steps


def _pause(random):
    return Pause(random.random() ** 3 * 0.005)


def _cut(random, data):
    """All of it, or its beginning."""
    return data if random.random() < 0.5 else data[: random.randrange(len(data) + 1)]


_TOKENS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b":",
    b"\t",
    b"\r\n\r\n",
    b"\xff" * 8,
    b"\xe2\x84\xaa",
    b"%00",
    b"0\r\n\r\n",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/11",
    b"CONNECT",
    b"OPTIONS * ",
    b"host: a\r\n",
    b"transfer-encoding: chunked\r\n",
    b"transfer-encoding: gzip, chunked\r\n",
    b"content-length: 5\r\n",
    b"content-length: -1\r\n",
    b"content-length: 18446744073709551616\r\n",
    b"connection: close\r\n",
    b"connection: x,\tclose\r\n",
    b"connection: upgrade\r\nupgrade: h2c\r\n",
    b"expect: 100-continue\r\n",
    b"grpc-timeout: 99999999999999999999H\r\n",
    b"grpc-timeout: 1n\r\n",
    b"grpc-encoding: gzip\r\n",
    b"content-type: application/grpc\r\n",
    b"content-encoding: gzip\r\n",
    b"a-bin: ,,,,,,*\r\n",
    PREFACE,
    PREFACE[:10],
    NO_SETTINGS,
    http2_frame(RST_STREAM, 0, 1, bytes(4)),
    b"\x16\x03\x01\x02\x00\x01",
]


def _mutated(random, data):
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice((1, 2, 8, 100)))
        match random.randrange(7):
            case 0 if data:
                data[at - 1] ^= 1 << random.randrange(8)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end] * random.randrange(1, 4)
            case 3:
                data[at:at] = random.randbytes(random.choice((1, 4, 50)))
            case 4:
                data[at:at] = random.choice(_TOKENS)
            case 5:
                token = random.choice(_TOKENS)
                data[at : at + len(token)] = token
            case 6:
                del data[at:]
    return bytes(data)


def _size(random, largest):
    """A size up to that, most often a small one."""
    return int(largest ** random.random())


# ---- Calls


_BODIES = [
    wire.frame(b""),
    wire.frame(wire.simple_request(1)),
    wire.frame(wire.simple_request(100_000)),
    wire.frame(wire.streaming_request(1, 70_000, 1)),
    wire.frame(wire.streaming_request(*[MEGABYTE] * 8)),
    wire.frame(wire.streaming_request(*[10] * 100, pause=0.01)),
    wire.frame(gzip.compress(bytes(100_000)), wire.COMPRESSED_FLAG),
    wire.frame(b"a: b\r\n", wire.TRAILERS_FLAG),
    b"\x00\xff\xff\xff\xff",
    b"",
]


def _body(random):
    """The body of a call, mostly a good one."""
    if random.random() < 0.8:
        return random.choice(_BODIES)
    content = random.randbytes(random.randrange(100))
    return content if random.random() < 0.5 else wire.frame(content, random.randrange(256))


# ---- HTTP/1.1


def _http1_request(random):
    """A request as clients send it, mostly a good one."""
    method = random.choices(["POST", "GET", "OPTIONS", "HEAD", "PUT"], [20, 1, 2, 1, 1])[0]
    path = random.choice(
        [
            SERVICE + "EmptyCall",
            SERVICE + "UnaryCall",
            SERVICE + "UnaryCall",
            SERVICE + "StreamingOutputCall",
            SERVICE + "StreamingInputCall",
            SERVICE + "FullDuplexCall",
            SERVICE + "Nothing",
            "/",
            "/elsewhere?a=b",
            "*",
        ]
    )
    version = random.choices(["1.1", "1.0"], [20, 1])[0]
    content_type = random.choices(
        [wire.BINARY, wire.TEXT, "application/grpc", "text/plain"], [8, 3, 1, 1]
    )[0]
    body = _body(random)
    lines = [f"{method} {path} HTTP/{version}", "host: localhost", f"content-type: {content_type}"]
    for line in (
        "origin: http://elsewhere.example",
        "access-control-request-method: POST",
        "expect: 100-continue",
        "grpc-timeout: 10m",
        "grpc-encoding: gzip",
        "data-bin: AAEC/w==,AP8",
        "connection: close",
        "connection: keep-alive",
    ):
        if random.random() < 0.1:
            lines.append(line)
    if random.random() < 0.4:
        lines.append("transfer-encoding: chunked")
        at = random.randrange(len(body) + 1)
        parts = [part for part in (body[:at], body[at:]) if part]
        body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    else:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _nothing(random):
    return [] if random.random() < 0.5 else [_pause(random)]


def _random_bytes(random):
    return _pieces(random, random.randbytes(_size(random, 10_000)))


def _what_begins_like_a_protocol(random):
    beginning = random.choice([PREFACE, b"GET / HTTP/1.1\r\n", b"POST ", b"PRI / HTTP/1.1\r\n\r\n"])
    beginning = beginning[: random.randrange(1, len(beginning) + 1)]
    return _pieces(random, beginning + random.randbytes(_size(random, 1000)))


def _request(random):
    return _pieces(random, _cut(random, _http1_request(random)))


def _mutated_request(random):
    return _pieces(random, _mutated(random, _http1_request(random)))


def _pipelined_requests(random):
    count = random.choice((2, 3, 20))
    return _pieces(random, _cut(random, b"".join(_http1_request(random) for _ in range(count))))


def _garbage_behind_a_request(random):
    garbage = random.choice([b"\x00", b"\r\n", b"x", random.randbytes(1 + _size(random, 100_000))])
    steps = [Send(_http1_request(random))]
    if random.random() < 0.5:
        steps.append(_pause(random))
    return [*steps, *_pieces(random, garbage)]


def _request_byte_by_byte(random):
    data = _mutated(random, _http1_request(random)) if random.random() < 0.5 else b""
    data = (data or _http1_request(random))[: random.randrange(1, 200)]
    return [step for byte in data for step in (Send(bytes([byte])), Pause(0.0001))]


def _bytes_behind_an_upgrade(random):
    offer, behind = random.choice(
        [
            ("connection: upgrade\r\nupgrade: anything", b""),
            (
                "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk",
                b"",
            ),
            ("connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a", b"\x81\x05hello"),
            ("", b""),
        ]
    )
    body = wire.frame(b"")
    head = f"POST {SERVICE}EmptyCall HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\n"
    if not offer:
        head, body = "CONNECT localhost:80 HTTP/1.1\r\nhost: a\r\n", b""
    else:
        head += f"content-length: {len(body)}\r\n{offer}\r\n"
    start = head.encode() + b"\r\n" + body + behind
    filling = random.choice([_http1_request(random), PREFACE + NO_SETTINGS, random.randbytes(1000)])
    size = _size(random, 2 * MEGABYTE)
    rest = (filling * (size // len(filling) + 1))[:size]
    return [*_pieces(random, start), *_pieces(random, rest)]


def _huge_head(random):
    size = 8 * KILOBYTE + _size(random, 2 * MEGABYTE)
    start = f"POST {SERVICE}EmptyCall"
    rest = f" HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\ncontent-length: 5\r\n"
    match random.randrange(4):
        case 0:
            text = f"{start}{rest}large: {'x' * size}\r\n\r\n"
        case 1:
            text = start + rest + "a: b\r\n" * (size // 6) + "\r\n"
        case 2:
            text = f"{start}?{'x' * size}{rest}\r\n"
        case 3:
            text = f"{start}{rest}{'x' * size}: a\r\n\r\n"
    return _pieces(random, _cut(random, text.encode() + wire.frame(b"")))


def _list_of_commas(random):
    value = random.choice([",", ",,", "AA,", "AA==,", " ,", ",*"]) * _size(random, 500_000)
    head = f"POST {SERVICE}EmptyCall HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\n"
    head += f"content-length: 5\r\nx-a-bin: {value}\r\n\r\n"
    return _pieces(random, head.encode() + wire.frame(b""))


def _faulty_chunks(random):
    head = (
        f"POST {SERVICE}StreamingInputCall HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\n"
    )
    size = random.choice(
        ["-1", "ffffffffffffffff", "1" * 1000, "g", "", "5;a=b", "5\n", " 5", "0x5"]
    )
    chunks = f"transfer-encoding: chunked\r\n\r\n5\r\n\0\0\0\0\0\r\n{size}\r\nxxxxx\r\n0\r\n"
    return _pieces(random, (head + chunks + "a: b\r\n" * _size(random, 10_000) + "\r\n").encode())


def _body_that_does_not_end(random):
    head = (
        f"POST {SERVICE}StreamingInputCall HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\n"
    )
    length = random.choice([10, 10_000_000, 2**31, 2**62])
    body = wire.frame(random.randbytes(100)) * _size(random, 1000)
    return _pieces(random, f"{head}content-length: {length}\r\n\r\n".encode() + body)


# ---- HTTP/2


def _http2_calls(random):
    """A connection as clients open it, with calls."""
    data = PREFACE + (NO_SETTINGS if random.random() < 0.9 else b"")
    for stream in range(1, 2 * random.choice((1, 2, 30)), 2):
        path = SERVICE + random.choice(["EmptyCall", "UnaryCall", "StreamingOutputCall", "Nothing"])
        content_type = random.choice([wire.BINARY, wire.TEXT, "application/grpc"])
        data += call_frames(stream, call_fields(path, content_type), _body(random))
    return data


def _calls_over_HTTP2(random):
    return _pieces(random, _cut(random, _http2_calls(random)))


def _mutated_frames(random):
    data = _mutated(random, _http2_calls(random)[len(PREFACE) :])
    return _pieces(random, PREFACE + data)


def _mutated_preface(random):
    return _pieces(random, _mutated(random, PREFACE + NO_SETTINGS))


def _bytes_behind_the_preface_and_a_reset(random):
    """Both in a moment in which the server is still about the first."""
    behind = random.choice([NO_SETTINGS, b"\x00", random.randbytes(20), _http2_calls(random)])
    first, second = PREFACE, behind
    if random.random() < 0.3:
        at = random.randrange(1, len(PREFACE))
        first, second = PREFACE[:at], PREFACE[at:] + behind
    pause = random.choice((0, 0, random.random() * 0.0005, random.random() * 0.002))
    return [Send(first), *([Pause(pause)] if pause else []), Send(second)]


def _random_frame(random):
    content = random.randbytes(random.choice((0, 1, 4, 5, 8, 100)))
    kind, flags, stream = random.randrange(12), random.randrange(256), random.randrange(8)
    if random.random() < 0.5:
        flags &= END_STREAM | END_HEADERS | PADDED
    return http2_frame(kind, flags, stream, content)


def _random_frames(random):
    frames = b"".join(_random_frame(random) for _ in range(random.choice((1, 5, 50))))
    return _pieces(random, PREFACE + NO_SETTINGS + frames)


def _frames_out_of_place(random):
    fields = call_fields(SERVICE + "FullDuplexCall", wire.BINARY)
    block = header_block(fields)
    open_call = http2_frame(HEADERS, END_HEADERS, 1, block)
    frames = [
        open_call,
        http2_frame(HEADERS, END_HEADERS | END_STREAM, 1, block),
        http2_frame(HEADERS, 0, 3, block),
        http2_frame(CONTINUATION, END_HEADERS, 3, b""),
        http2_frame(HEADERS, END_HEADERS, 2, block),
        http2_frame(HEADERS, END_HEADERS, 5, random.randbytes(30)),
        http2_frame(HEADERS, END_HEADERS | END_STREAM, 1, header_block([("a", "b")])),
        http2_frame(HEADERS, END_HEADERS, 7, header_block(fields[1:])),
        http2_frame(HEADERS, END_HEADERS, 9, header_block([*fields, (":path", "/"), ("A", "\0")])),
        http2_frame(HEADERS, END_HEADERS, 11, header_block([(":method", "CONNECT"), fields[3]])),
        http2_frame(DATA, 0, 1, wire.frame(wire.streaming_request(10, 10))),
        http2_frame(DATA, END_STREAM, 1, b""),
        http2_frame(DATA, PADDED, 1, b"\xff"),
        http2_frame(DATA, 0, 0, b"a"),
        http2_frame(DATA, 0, 99, b"a"),
        http2_frame(DATA, 0, 1, bytes(20_000)),
        http2_frame(RST_STREAM, 0, 1, bytes(4)),
        http2_frame(RST_STREAM, 0, 99, bytes(4)),
        http2_frame(SETTINGS, ACK, 0, b""),
        http2_frame(SETTINGS, 0, 0, b"\x00\x04\xff\xff\xff\xff"),
        http2_frame(SETTINGS, 0, 0, b"\x00\x04\x00\x00\x00\x00"),
        http2_frame(SETTINGS, 0, 0, b"\x00\x01\x00\x00\x00\x00"),
        http2_frame(SETTINGS, 0, 0, b"\x00"),
        http2_frame(PING, 0, 0, bytes(8)),
        http2_frame(PING, 0, 1, bytes(8)),
        http2_frame(GOAWAY, 0, 0, bytes(8)),
        http2_frame(WINDOW_UPDATE, 0, 0, bytes(4)),
        http2_frame(WINDOW_UPDATE, 0, 1, b"\x7f\xff\xff\xff"),
        http2_frame(PRIORITY, 0, 1, b"\x00\x00\x00\x01\x00"),
    ]
    chosen = b"".join(random.choice(frames) for _ in range(random.choice((1, 3, 20))))
    return _pieces(
        random, PREFACE + NO_SETTINGS + (open_call if random.random() < 0.5 else b"") + chosen
    )


def _flood_of_frames(random):
    count = _size(random, 20_000)
    block = header_block(call_fields(SERVICE + "FullDuplexCall", wire.BINARY))
    streams = range(1, 2 * min(count, 2000), 2)
    match random.randrange(7):
        case 0:
            flood = http2_frame(PING, 0, 0, bytes(8)) * count
        case 1:
            flood = NO_SETTINGS * count
        case 2:
            flood = http2_frame(HEADERS, 0, 1, block) + http2_frame(CONTINUATION, 0, 1, b"") * count
        case 3:
            flood = http2_frame(HEADERS, 0, 1, block)
            flood += http2_frame(CONTINUATION, 0, 1, header_block([("a", "b" * 1000)])) * (
                count // 10
            )
        case 4:
            # What is called "rapid reset".
            flood = b"".join(
                http2_frame(HEADERS, END_HEADERS, stream, block)
                + http2_frame(RST_STREAM, 0, stream, bytes(4))
                for stream in streams
            )
        case 5:
            flood = b"".join(http2_frame(HEADERS, END_HEADERS, stream, block) for stream in streams)
        case 6:
            flood = http2_frame(HEADERS, END_HEADERS, 1, block)
            flood += http2_frame(DATA, 0, 1, b"") * count
    return _pieces(random, PREFACE + NO_SETTINGS + flood)


def _large_headers_over_HTTP2(random):
    fields = call_fields(SERVICE + "EmptyCall", wire.BINARY)
    value = random.choice(["x", ",", "AA,"]) * _size(random, 15_000)
    name = random.choice(["large", "large-bin", "cookie"])
    fields += [(name, value)] * random.choice((1, 1, 5))
    block, frames, kind = header_block(fields), b"", HEADERS
    while block:
        piece, block = block[:16_000], block[16_000:]
        frames += http2_frame(kind, 0 if block else END_HEADERS, 1, piece)
        kind = CONTINUATION
    frames += http2_frame(DATA, END_STREAM, 1, wire.frame(b""))
    return _pieces(random, PREFACE + NO_SETTINGS + frames)


def _response_nobody_reads(random):
    body = wire.frame(wire.streaming_request(*[MEGABYTE] * 8))
    if random.random() < 0.5:
        fields = call_fields(SERVICE + "StreamingOutputCall", wire.BINARY)
        window = http2_frame(WINDOW_UPDATE, 0, 0, b"\x00\xff\x00\x00")
        return [Send(PREFACE + NO_SETTINGS + window + call_frames(1, fields, body)), _pause(random)]
    head = (
        f"POST {SERVICE}StreamingOutputCall HTTP/1.1\r\nhost: a\r\ncontent-type: {wire.BINARY}\r\n"
    )
    return [Send(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body), _pause(random)]


# ---- TLS


def _client_hello(protocols):
    """The first bytes of a TLS client."""
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


_CLIENT_HELLOS = [_client_hello(protocols) for protocols in [(), ("h2",), ("h2", "http/1.1")]]


def _TLS_ClientHello(random):
    hello = random.choice(_CLIENT_HELLOS)
    behind = random.choice([b"", b"", random.randbytes(100), hello, b"GET / HTTP/1.1\r\n\r\n"])
    return _pieces(random, _cut(random, hello + behind))


def _mutated_TLS_ClientHello(random):
    return _pieces(random, _mutated(random, random.choice(_CLIENT_HELLOS)))


def _TLS_record(random):
    content = random.randbytes(_size(random, 16_000))
    length = random.choice([len(content), 0, 0xFFFF]).to_bytes(2, "big")
    return _pieces(
        random, bytes([random.randrange(20, 25), 3, random.randrange(5)]) + length + content
    )


# ---- How often each kind comes, in relation to the others.

_HTTP1 = {
    _random_bytes: 4,
    _request: 6,
    _mutated_request: 12,
    _pipelined_requests: 4,
    _garbage_behind_a_request: 6,
    _request_byte_by_byte: 1,
    _bytes_behind_an_upgrade: 4,
    _huge_head: 2,
    _list_of_commas: 1,
    _faulty_chunks: 3,
    _body_that_does_not_end: 3,
    _response_nobody_reads: 1,
}
_HTTP2 = {
    _calls_over_HTTP2: 6,
    _mutated_frames: 10,
    _mutated_preface: 4,
    _bytes_behind_the_preface_and_a_reset: 10,
    _random_frames: 4,
    _frames_out_of_place: 8,
    _flood_of_frames: 1,
    _large_headers_over_HTTP2: 2,
}
_HELLOS = {_TLS_ClientHello: 4, _mutated_TLS_ClientHello: 8, _TLS_record: 3}
_PLAIN = {_nothing: 2, _what_begins_like_a_protocol: 6, **_HTTP1, **_HTTP2, _TLS_ClientHello: 1}
_BEFORE_TLS = {_nothing: 1, **_HELLOS, _random_bytes: 2, _request: 1, _calls_over_HTTP2: 1}
