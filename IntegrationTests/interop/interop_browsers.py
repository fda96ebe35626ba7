"""gRPC's interop tests with Chromium and Firefox and our server, from a page of another origin, and what
else only browsers can show.

The page's client is our own: `page/grpc_web_client.js`. It sends a request as a whole, so it can make
every case but those that go on with a request after it was begun. Of these Chromium can make one, over
HTTP/2 and with fetch: to begin a request and cancel the call.
"""

import asyncio
import base64
import contextlib
import functools
import http.server
import json
import pathlib
import threading

import grpc

from browsers import ChromiumPage, chromium, firefox
from harness import (
    CheckFailed,
    CheckSkipped,
    Lack,
    check,
    expect,
    expect_equal,
    expect_lack,
    wait_until,
)
from interop_python import Cases
from interop_python_clients import Failure, Reply, generated, methods
from interop_swift import CASES, server_lack
from test_services import start_interop_server, test_server_named

# The handler of the adapter `hummingbird` is that of `nio`.
PLAIN = ["ours, middleware", "ours, nio"]
OVER_TLS = ["ours, nio, TLS"]
BROWSERS = ["chromium", "firefox"]
APIS = ["xhr", "fetch"]
MODES = ["binary", "text"]

# Not tried, as there is no interface for anything else.
XHR_IS_WHOLE = "XMLHttpRequest sends a request as a whole"

# What browsers can't do with fetch.
FETCH_IS_WHOLE = Lack(
    "Firefox's fetch sends a request as a whole", "Error: fetch takes a stream for text"
)
ONLY_HALF_DUPLEX = Lack(
    "Chromium's fetch hands out no response before the request's end",
    r"TypeError: .* 'full' is not a valid enum value of type RequestDuplex\.",
)
NOT_OVER_HTTP1 = Lack(
    "Chromium's fetch sends a request as a whole over HTTP/1.1",
    "the status is UNAVAILABLE: TypeError: Failed to fetch",
)
CODES = {code.value[0]: code.name for code in grpc.StatusCode}


@contextlib.contextmanager
def page_server():
    """Serves the page on an origin of its own, as its URL."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = pathlib.Path(__file__).parent / "page"
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class PageClient:
    """The page's client, in the way of the other clients of `interop_python_clients`."""

    streams_requests = True
    sends_whole_requests = True

    def __init__(self, page, url, api, mode="binary"):
        self.page = page
        self.url = url
        self._options = {"api": api, "mode": mode}

    async def call(self, service, method, requests, **options):
        messages = [request async for request in requests]
        result = self.page.evaluate(self.expression(service, method, messages, **options))
        return self.reply(service, method, result)

    def reply(self, service, method, result):
        if result["code"] != 0:
            raise Failure(CODES[result["code"]], result["message"])
        output = methods(service)[method].output
        received = [output.FromString(base64.b64decode(text)) for text in result["messages"]]
        reply = Reply(received, _metadata(result["headers"]), _metadata(result["trailers"]))
        reply.compressed = result["compressed"]
        reply.began, reply.arrivals = result["began"], result["arrivals"]
        return reply

    def expression(
        self,
        service,
        method,
        requests,
        timeout=None,
        metadata=(),
        compressed=False,
        cancel_after=0,
        cancel_in=0,
        credentials=False,
    ):
        """The JavaScript that makes the call. `compressed` is of all requests, or a list."""
        headers = {
            key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for key, value in metadata
        }
        options = {
            "url": f"{self.url}/{methods(service)[method].service_name}/{method}",
            "messages": [
                base64.b64encode(request.SerializeToString()).decode() for request in requests
            ],
            "headers": headers,
            "credentials": credentials,
            "compressed": compressed if isinstance(compressed, list) else [compressed] * len(requests),
            "timeout": max(1, int((timeout or 0) * 1000)) if timeout else 0,
            "cancelAfter": cancel_after,
            "cancelIn": cancel_in,
        }
        return f"call({json.dumps({**options, **self._options})})"


def page_in(environment, browser):
    """A page of a browser, on the origin of the checks' own."""
    if browser == "chromium":
        page = ChromiumPage(environment.shared(chromium, environment))
    else:
        page = environment.shared(firefox, environment)

    def is_ready():
        return page.evaluate("typeof window.call") == "function"

    if not is_ready():
        page.open(f"{environment.shared(page_server)}/index.html")
        wait_until("the page's script", is_ready)
    return page


def check_browsers(name, **parameters):
    return check(
        "interop, {server}, {browser}, {api}" + name, needs="executables", **parameters
    )


@check_browsers(", {mode}: {case}", server=PLAIN, browser=BROWSERS, api=APIS, mode=MODES, case=CASES)
@check_browsers(
    ", {mode}: {case}",
    server=OVER_TLS,
    browser=BROWSERS,
    api=APIS,
    mode=["binary"],
    case=CASES,
)
def cases(environment, server, browser, api, mode, case):
    lack = server_lack(server, case)
    if api == "xhr" and case in ("ping_pong", "cancel_after_begin"):
        raise CheckSkipped(XHR_IS_WHOLE)
    messages = environment.shared(generated, environment)
    peer = test_server_named(environment, server)
    client = PageClient(page_in(environment, browser), peer.url, api, mode)
    if case == "ping_pong":
        with expect_lack(FETCH_IS_WHOLE if browser == "firefox" else ONLY_HALF_DUPLEX):
            client.page.evaluate("void tryStreaming('full')")
    elif case == "cancel_after_begin":
        _cancel_after_begin(peer, client, browser, messages)
    elif case == "cancel_after_first_response":
        _cancel(peer, client, messages)
    else:
        with expect_lack(lack):
            asyncio.run(getattr(Cases(client, messages), case)())


def _cancel_after_begin(peer, client, browser, messages):
    """The page begins a request and cancels the call, which stops the handler."""
    with expect_lack(FETCH_IS_WHOLE if browser == "firefox" else None):
        client.page.evaluate("void tryStreaming('half')")
    wait_until("the handlers before to end", lambda: peer.running_calls() == 0)
    call = client.expression("TestService", "StreamingInputCall", [], cancel_in=500)
    begun = peer.begun_calls()
    result = client.page.evaluate(call)
    with expect_lack(None if peer.authority else NOT_OVER_HTTP1):
        code, message = CODES[result["code"]], result["message"]
        expect(code == "CANCELLED", f"the status is {code}: {message}")
    wait_until("the handler to begin", lambda: peer.begun_calls() == begun + 1)
    wait_until("the handler to end", lambda: peer.running_calls() == 0)


def _cancel(peer, client, messages):
    """The page cancels a call after its first message, which stops the handler at once."""
    parameters = [{"size": 1000}, {"size": 1000, "interval_us": 1_000_000}] + [
        {"size": 1000, "interval_us": 100_000}
    ] * 100
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    wait_until("the handlers before to end", lambda: peer.running_calls() == 0)
    result = client.page.evaluate(
        client.expression("TestService", "FullDuplexCall", [request], cancel_after=1)
    )
    expect_equal("the status", CODES[result["code"]], "CANCELLED")
    expect_equal("the number of messages", len(result["messages"]), 1)
    # By itself the handler would run for 11 s.
    wait_until("the handler to end", lambda: peer.running_calls() == 0, seconds=5)


@check_browsers(
    ", {mode}: messages 300 ms apart are seen within 150 ms",
    server=PLAIN,
    browser=BROWSERS,
    api=APIS,
    mode=MODES,
)
def progress(environment, server, browser, api, mode):
    messages = environment.shared(generated, environment)
    client = PageClient(
        page_in(environment, browser), test_server_named(environment, server).url, api, mode
    )
    parameters = [{"size": 10, "interval_us": 300_000}] * 8
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    # A busy machine may be late now and then, but not each time.
    for _ in range(3):
        reply = asyncio.run(client.call("TestService", "StreamingOutputCall", _one(request)))
        sent = [int(time) for time in reply.trailing["interop-send-times"].split(",")]
        expect_equal("the number of messages", (len(reply.messages), len(sent)), (8, 8))
        gaps = [later - earlier for earlier, later in zip(sent, sent[1:])]
        expect(min(gaps) >= 299, f"messages were sent {gaps} ms after the one before")
        # Browser and server have the same clock. Of either, the milliseconds are whole.
        delays = [round(reply.began + seen - time) for seen, time in zip(reply.arrivals, sent)]
        expect(min(delays) >= -2, f"messages were seen {delays} ms after they were sent")
        if max(delays) <= 150:
            return
    raise CheckFailed(f"messages were seen {delays} ms after they were sent")


@check_browsers(
    ": cookies and authorization come with credentials only",
    server=PLAIN,
    browser=BROWSERS,
    api=APIS,
)
def credentials(environment, server, browser, api):
    messages = environment.shared(generated, environment)
    origin = environment.shared(page_server)
    url = environment.shared(_strict_server, environment, server, origin).url
    page = page_in(environment, browser)
    page.evaluate("void (document.cookie = 'session=abc')")
    client = PageClient(page, url, api)

    def call(**options):
        request = messages.SimpleRequest()
        metadata = [("authorization", "Bearer secret")]
        reply = client.call("TestService", "UnaryCall", _one(request), metadata=metadata, **options)
        return asyncio.run(reply)

    reply = call(credentials=True)
    expect_equal("the cookie", reply.initial.get("interop-cookie"), "session=abc")
    expect_equal("the authorization", reply.initial.get("interop-authorization"), "Bearer secret")
    reply = call(credentials=False)
    expect_equal("the cookie without credentials", reply.initial.get("interop-cookie"), None)


@check_browsers(
    ": an origin that is not allowed is refused",
    server=PLAIN,
    browser=BROWSERS,
    api=APIS,
)
def refused_origin(environment, server, browser, api):
    messages = environment.shared(generated, environment)
    strict = environment.shared(_strict_server, environment, server, "http://elsewhere.example")
    client = PageClient(page_in(environment, browser), strict.url, api)
    call = client.expression("TestService", "EmptyCall", [messages.Empty()])
    result = client.page.evaluate(call)
    expect_equal("the status", CODES[result["code"]], "UNAVAILABLE")
    expect_equal("the headers that are seen", result["headers"], {})
    expect_equal("the messages", result["messages"], [])


@check_browsers(
    ": ten streams at once over one connection",
    server=OVER_TLS,
    browser=BROWSERS,
    api=APIS,
)
def concurrent_streams(environment, server, browser, api):
    # Over HTTP/1.1 browsers open six connections, and the seventh stream waits for the first to end.
    messages = environment.shared(generated, environment)
    client = PageClient(
        page_in(environment, browser), test_server_named(environment, server).url, api
    )
    parameters = [{"size": 10}, {"size": 10, "interval_us": 3_000_000}]
    request = messages.StreamingOutputCallRequest(response_parameters=parameters)
    call = client.expression("TestService", "StreamingOutputCall", [request])
    results = client.page.evaluate(f"Promise.all([{', '.join([call] * 10)}])")
    for result in results:
        reply = client.reply("TestService", "StreamingOutputCall", result)
        expect_equal("the number of messages", len(reply.messages), 2)
    last_begun = max(result["arrivals"][0] for result in results)
    first_ended = min(result["ended"] for result in results)
    expect(last_begun < first_ended, f"one began at {last_begun:.0f} ms, after another had ended")


@contextlib.contextmanager
def _strict_server(environment, server, origin):
    """Our server for pages of one origin, with credentials."""
    adapter = server.split(", ")[1]
    options = ["--adapter", adapter, "--allow-origin", origin, "--allow-credentials"]
    log_name = f"interop-{adapter}-{'own' if '127.0.0.1' in origin else 'other'}-origin"
    with start_interop_server(environment, log_name, *options) as strict:
        yield strict


async def _one(request):
    yield request


def _metadata(fields):
    """Metadata as `Reply` has it; `{}` where there is none."""
    return {
        key: base64.b64decode(value + "=" * (-len(value) % 4)) if key.endswith("-bin") else value
        for key, value in (fields or {}).items()
    }
