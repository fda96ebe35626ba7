"""Chromium and Firefox, headless, each with a page in which JavaScript can be run.

Chromium is driven by way of Selenium and chromedriver. Debian has no geckodriver, but Firefox speaks
WebDriver BiDi itself. Both trust the certificate authority of the run.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import websocket
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from certificates import test_authority
from harness import CheckFailed, expect, wait_until


@contextlib.contextmanager
def chromium(environment):
    """A Selenium driver."""
    options = webdriver.ChromeOptions()
    options.binary_location = _find("CHROME", "chromium", "chromium-browser", "google-chrome")
    options.add_argument("--headless=new")
    options.add_argument("--disable-background-networking")
    options.add_argument("--disable-dev-shm-usage")
    if os.geteuid() == 0:
        # Chromium's sandbox does not work for root.
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With its path given, Selenium does not look for a driver to download.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        database = pathlib.Path(home) / ".pki/nssdb"
        database.mkdir(parents=True)
        _trust(environment, database)
        service = Service(
            executable_path=_find("CHROMEDRIVER", "chromedriver"),
            env={**os.environ, "HOME": home},
        )
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


class ChromiumPage:
    def __init__(self, driver):
        self._driver = driver

    def open(self, url):
        self._driver.get(url)

    def evaluate(self, expression):
        """The value of a promise, which has to be one that JSON knows."""
        self._driver.set_script_timeout(25)
        value, error = self._driver.execute_async_script(
            f"""
            const [done] = arguments;
            (async () => {expression})().then(
              (value) => done([value, null]), (error) => done([null, String(error)]));
            """
        )
        expect(error is None, error)
        return value


@contextlib.contextmanager
def firefox(environment):
    """A page of Firefox."""
    command = [_find("FIREFOX", "firefox-esr", "firefox"), "--headless", "--no-remote"]
    log = environment.logs / "interop-firefox.log"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        _trust(environment, pathlib.Path(profile))
        command += ["--profile", profile, "--remote-debugging-port", "0"]
        with log.open("w") as output:
            process = subprocess.Popen(
                [*command, "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": profile},
            )
        try:

            def announced_url():
                expect(process.poll() is None, f"Firefox has exited: {process.returncode}")
                return re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text())

            url = wait_until("Firefox to listen", announced_url, seconds=30)[1]
            socket = websocket.create_connection(
                f"{url}/session", timeout=25, suppress_origin=True, http_no_proxy=["127.0.0.1"]
            )
            with contextlib.closing(socket):
                yield FirefoxPage(socket)
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class FirefoxPage:
    def __init__(self, socket):
        self._socket = socket
        self._last_id = 0
        self._command("session.new", capabilities={})
        contexts = self._command("browsingContext.getTree")["contexts"]
        self._context = contexts[0]["context"]

    def open(self, url):
        self._command(
            "browsingContext.navigate", context=self._context, url=url, wait="complete"
        )

    def evaluate(self, expression):
        """The value of a promise, which has to be one that JSON knows."""
        result = self._command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await (async () => {expression})()))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        expect(result["type"] == "success", str(result.get("exceptionDetails", {}).get("text")))
        value = result["result"]
        return json.loads(value["value"]) if value["type"] == "string" else None

    def _command(self, method, **parameters):
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while (answer := json.loads(self._socket.recv())).get("id") != self._last_id:
            # An event, or the late answer to a command that nobody waits for any more.
            pass
        if answer["type"] == "error":
            raise CheckFailed(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]


def _trust(environment, database):
    """Has a browser, in whose NSS database this is, trust the certificate authority of the run."""
    authority = environment.shared(test_authority).authority
    certutil = _find("CERTUTIL", "certutil")
    for arguments in (
        ["-N", "--empty-password"],
        ["-A", "-n", "interop", "-t", "C,,", "-i", authority],
    ):
        subprocess.run(
            [certutil, "-d", f"sql:{database}", *arguments], check=True, capture_output=True
        )


def _find(variable, *commands):
    """The path of the program that a variable names, or of the first that is installed."""
    for command in filter(None, [os.environ.get(variable), *commands]):
        if path := shutil.which(command):
            return path
    raise CheckFailed(f"{commands[0]} is not installed, and {variable} does not name one")
