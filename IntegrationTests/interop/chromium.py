"""The greeter's page in Chromium, on the greeter's own origin and on another."""

import contextlib
import functools
import http.server
import json
import statistics
import threading

from selenium.webdriver.common.by import By

from browsers import chromium
from greeter import PAGE, PAUSE
from harness import check, expect, expect_equal, wait_until

MODES = ["binary", "text"]
ORIGINS = ["same origin", "other origin"]
GREETING = "Hello, world!"


@contextlib.contextmanager
def other_origin():
    """The page served by somebody else, on a port of its own: its calls must cross origins."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=PAGE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class Page:
    """The greeter's page, opened anew."""

    def __init__(self, environment, origin, greeter=None):
        self.browser = environment.shared(chromium, environment)
        greeter = greeter or environment.greeter
        if origin == "same origin":
            self.browser.get(f"{greeter.url}/")
        else:
            elsewhere = environment.shared(other_origin)
            self.browser.get(f"{elsewhere}/?server={greeter.url}")

    def call(self, button, mode="binary"):
        """Presses a button and waits until the call that it makes has ended."""
        self.start(button, mode)
        return self.wait_for_end()

    def start(self, button, mode="binary"):
        self.browser.find_element(By.CSS_SELECTOR, f"label:has(#mode-{mode})").click()
        self.press(button)

    def press(self, button):
        self.browser.find_element(By.ID, button).click()

    def wait_for_end(self):
        wait_until("the call to end", lambda: self.shown()["state"] != "running")
        return self.shown()

    def shown(self):
        """All that the page shows of its call, at one moment."""
        return self.browser.execute_script("""
            const textOf = (id) => document.getElementById(id).textContent;
            const fields = (id) => Object.fromEntries(
              [...document.querySelectorAll(`#${id} tr`)].map((row) =>
                [...row.children].map((cell) => cell.textContent)));
            const messages = [...document.querySelectorAll("#messages li")];
            return {
              state: document.getElementById("call").dataset.state,
              status: textOf("status-name"),
              statusMessage: textOf("status-message"),
              text: textOf("text"),
              messages: messages.map((row) => row.querySelector(".message").textContent),
              times: messages.map((row) => Number(row.dataset.elapsed)),
              headers: fields("headers"),
              trailers: fields("trailers"),
            };
            """)


@check("chromium: the page loads without complaint")
def page_loads(environment):
    page = Page(environment, "same origin")
    page.browser.get_log("browser")
    page.browser.refresh()
    complaints = [entry["message"] for entry in page.browser.get_log("browser")]
    expect_equal("the console", complaints, [])


@check("chromium, {origin}: unary, {mode}", origin=ORIGINS, mode=MODES)
def unary(environment, origin, mode):
    shown = Page(environment, origin).call("say-hello", mode)
    expect_equal("the status", shown["status"], "OK (0)")
    expect_equal("the messages", shown["messages"], [GREETING])
    expect_equal("the trailers", shown["trailers"], {"grpc-status": "0"})
    suffix = "-text" if mode == "text" else ""
    expect_equal(
        "the content type",
        shown["headers"].get("content-type"),
        f"application/grpc-web{suffix}+proto",
    )


@check("chromium, {origin}: a stream is seen as it is sent, {mode}", origin=ORIGINS, mode=MODES)
def stream(environment, origin, mode):
    page = Page(environment, origin)
    page.start("say-hello-slowly", mode)
    midway = wait_until("a message", lambda: (shown := page.shown())["messages"] and shown)
    expect_equal("the state after the first message", midway["state"], "running")

    shown = page.wait_for_end()
    expect_equal("the status", shown["status"], "OK (0)")
    expect_equal("the messages", shown["messages"], list(GREETING))
    expect_equal("the text", shown["text"], GREETING)
    times = shown["times"]
    gap = statistics.median(later - earlier for earlier, later in zip(times, times[1:])) / 1000
    expect(0.5 * PAUSE < gap < 2 * PAUSE, f"messages come {gap:.3f} s apart")


@check("chromium, {origin}: an error is shown as one, {mode}", origin=ORIGINS, mode=MODES)
def error(environment, origin, mode):
    shown = Page(environment, origin).call("abort", mode)
    expect_equal("the state", shown["state"], "failed")
    expect_equal("the status", shown["status"], "ABORTED (10)")
    expect_equal("its message", shown["statusMessage"], "test aborting")
    expect_equal("the trailers", shown["trailers"].get("grpc-status"), "10")


@check("chromium, {origin}: the server's deadline", origin=ORIGINS)
def deadline(environment, origin):
    shown = Page(environment, origin).call("timeout")
    expect_equal("the status", shown["status"], "DEADLINE_EXCEEDED (4)")
    # The page would give up by itself a moment later, and then there are no trailers.
    expect_equal("the trailers", shown["trailers"].get("grpc-status"), "4")


@check("chromium, {origin}: cancelling a stream, and calling again", origin=ORIGINS)
def cancel(environment, origin):
    page = Page(environment, origin)
    page.start("say-hello-slowly")
    wait_until("a message", lambda: page.shown()["messages"])
    page.press("cancel")
    shown = page.wait_for_end()
    expect_equal("the status", shown["status"], "CANCELLED (1)")
    expect(len(shown["messages"]) < len(GREETING), "the stream ran to its end")
    expect_equal("the status afterwards", page.call("say-hello")["status"], "OK (0)")


@check("chromium, other origin: a preflight comes before the call")
def preflight(environment):
    with other_origin() as unseen_origin:
        page = Page(environment, "other origin")
        # Chromium remembers preflights by origin: this one it has not seen.
        page.browser.get(f"{unseen_origin}/?server={environment.greeter.url}")
        page.browser.get_log("performance")
        shown = page.call("say-hello")
    expect_equal("the status", shown["status"], "OK (0)")
    events = [
        json.loads(entry["message"])["message"] for entry in page.browser.get_log("performance")
    ]
    verbs = [
        event["params"]["request"]["method"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        and event["params"]["request"]["url"].startswith(environment.greeter.url)
    ]
    # The log does not keep the order of the two.
    expect_equal("what Chromium sent", sorted(verbs), ["OPTIONS", "POST"])


@check("chromium, other origin: refused by a greeter that lets none in", needs="closed_greeter")
def refused_origin(environment):
    greeter = environment.closed_greeter
    shown = Page(environment, "other origin", greeter).call("say-hello")
    expect_equal("the state", shown["state"], "failed")
    expect_equal("the status", shown["status"], "UNAVAILABLE (14)")
    expect_equal("the messages", shown["messages"], [])
    shown = Page(environment, "same origin", greeter).call("say-hello")
    expect_equal("the status on its own page", shown["status"], "OK (0)")


@check("chromium: the page's decoders survive every cut")
def decoders(environment):
    page = Page(environment, "same origin")
    complaint = page.browser.execute_async_script("""
        const [done] = arguments;
        (async () => {
          const { Base64Decoder, FrameDecoder } = await import("/greeter.js");
          // An empty message, one of three bytes, and trailers; each padded by itself.
          const bytes = new TextEncoder().encode("AAAAAAA=AAAAAAMBAgM=gAAAAAZhOiAxDQo=");
          const lengths = (...chunks) => {
            const [base64, frames] = [new Base64Decoder(), new FrameDecoder()];
            const result = chunks.flatMap((chunk) =>
              [...frames.decode(base64.decode(chunk))].map((frame) => frame.bytes.length));
            base64.finish();
            frames.finish();
            return String(result);
          };
          const wanted = lengths(bytes);
          if (wanted !== "0,3,6") throw new Error(`uncut: ${wanted}`);
          for (let cut = 0; cut <= bytes.length; cut += 1) {
            const got = lengths(bytes.subarray(0, cut), bytes.subarray(cut));
            if (got !== wanted) throw new Error(`cut at ${cut}: ${got}`);
          }
          if (lengths(...[...bytes].map((byte) => Uint8Array.of(byte))) !== wanted) {
            throw new Error("byte by byte");
          }
        })().then(() => done(null), (error) => done(String(error)));
        """)
    expect(complaint is None, complaint)
