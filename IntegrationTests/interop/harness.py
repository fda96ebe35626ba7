"""Checks: registering them, running them one by one, and saying how they went."""

import asyncio
import contextlib
import fnmatch
import functools
import inspect
import itertools
import signal
import time

# A check that has not ended by then fails, whatever it was waiting for.
CHECK_DEADLINE = 30.0

_checks = {}


class CheckFailed(Exception):
    """What a check saw was not what it wanted."""


def check(name, *, needs=None, **parameters):
    """Registers a check: a function, plain or async, that gets the environment and raises to fail.

    With lists as `parameters`, it becomes a check for each combination of their values, and `{key}`
    in its name stands for the value. `needs` names an attribute of the environment without which it
    is left out.
    """

    def register(function):
        for values in itertools.product(*parameters.values()):
            arguments = dict(zip(parameters, values))
            bound = functools.partial(function, **arguments)
            _checks[name.format(**arguments)] = (bound, needs)
        return function

    return register


def expect(condition, why):
    if not condition:
        raise CheckFailed(why)


def expect_equal(what, actual, wanted):
    expect(actual == wanted, f"{what} is {_shortened(actual)}, not {_shortened(wanted)}")


def wait_until(what, condition, seconds=10.0):
    """Polls until `condition` returns something true, and returns that."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        expect(time.monotonic() < end, f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)
    return result


class Environment:
    """What the checks work on: the greeters, and what several checks share."""

    def __init__(
        self,
        stack,
        greeter,
        closed_greeter=None,
        *,
        logs=None,
        greeter_client=None,
        greeter_http2=None,
    ):
        self.greeter = greeter
        # The same without `--allow-origin`; `None` when the server under test is not ours to start.
        self.closed_greeter = closed_greeter
        # The folder for the logs of servers.
        self.logs = logs
        # Executables: the command-line client, and the greeter over HTTP/2; `None` without them.
        self.greeter_client = greeter_client
        self.greeter_http2 = greeter_http2
        self._stack = stack
        self._shared = {}

    def shared(self, start, *arguments):
        """What the context manager `start(*arguments)` yields: entered at first use, left after the
        run. When it fails, it fails everyone who asks, at once."""
        key = (start, arguments)
        if key not in self._shared:
            try:
                value, error = self._stack.enter_context(start(*arguments)), None
            except Exception as failure:
                value, error = None, failure
            self._shared[key] = value, error
        value, error = self._shared[key]
        if error is not None:
            raise error
        return value


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def ok(self, name):
        self.passed += 1
        print(f"ok   {name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"FAIL {name}: {_on_one_line(why)}", flush=True)

    def finish(self):
        """Prints the closing line and returns the exit code."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 0 if self.passed > 0 and self.failed == 0 else 1


def run_checks(environment, report, pattern="*"):
    # Both a plain word and a shell pattern are welcome.
    pattern = pattern if "*" in pattern else f"*{pattern}*"
    for name, (function, needs) in _checks.items():
        if not fnmatch.fnmatch(name, pattern):
            continue
        if needs is not None and getattr(environment, needs) is None:
            continue
        try:
            with deadline(CHECK_DEADLINE, "it to end"):
                result = function(environment)
                if inspect.isawaitable(result):
                    asyncio.run(result)
        except Exception as error:
            report.fail(name, str(error) if isinstance(error, CheckFailed) else repr(error))
        else:
            report.ok(name)


@contextlib.contextmanager
def deadline(seconds, what):
    """Interrupts whatever the body waits in. There is one alarm clock: do not nest them."""

    def give_up(signal_number, frame):
        raise CheckFailed(f"waited {seconds:g} s in vain for {what}")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _shortened(value, limit=200):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _on_one_line(text, limit=400):
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"
