"""Checks: registering them, running them one by one, and saying how they went."""

import asyncio
import contextlib
import copy
import dataclasses
import fnmatch
import functools
import inspect
import itertools
import re
import signal
import time

# A check that has not ended by then fails, whatever it was waiting for.
CHECK_DEADLINE = 30.0

_checks = {}


class CheckFailed(Exception):
    """What a check saw was not what it wanted."""


class CheckSkipped(Exception):
    """Somebody who takes part in a check can't do what it asks for."""


@dataclasses.dataclass(frozen=True)
class Lack:
    """What somebody who takes part in a check can't do, which the check tries nevertheless."""

    # Why the check is skipped.
    reason: str
    # A pattern for all that is said of how it then fails.
    failure: str
    # Whether it fails each time.
    is_certain: bool = True


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


@contextlib.contextmanager
def expect_lack(lack):
    """Skips a check that fails as it has to for a `Lack`; with `None`, expects nothing.

    It fails when the lack shows otherwise, and when it doesn't show any more: what the checks know of
    somebody is then to be mended.
    """
    if lack is None:
        yield
        return
    try:
        yield
    except Exception as error:
        why = _description(error)
        expect(
            re.fullmatch(lack.failure, why, re.DOTALL),
            f"it failed with {why!r}, not with {lack.failure!r}",
        )
        raise CheckSkipped(lack.reason)
    expect(not lack.is_certain, f"it passed, although {lack.reason}")


def wait_until(what, condition, seconds=10.0):
    """Polls until `condition` returns something true, and returns that."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        expect(time.monotonic() < end, f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)
    return result


class Environment:
    """What the checks work on: the greeters, and what several checks share."""

    def __init__(self, stack, greeter, closed_greeter=None, *, logs=None, executables=None):
        self.greeter = greeter
        # The same without `--allow-origin`; `None` when the server under test is not ours to start.
        self.closed_greeter = closed_greeter
        # The folder for the logs of servers.
        self.logs = logs
        # The folder with our own executables; `None` without them.
        self.executables = executables
        self._stack = stack
        self._shared = {}

    def for_greeter(self, greeter, closed_greeter):
        """The same environment, but with another greeter."""
        environment = copy.copy(self)
        environment.greeter, environment.closed_greeter = greeter, closed_greeter
        return environment

    def executable(self, name):
        """The path of one of our executables."""
        return str(self.executables / name)

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
        self.skipped = 0

    def ok(self, name):
        self.passed += 1
        print(f"ok   {name}", flush=True)

    def fail(self, name, why):
        self.failed += 1
        print(f"FAIL {name}: {_on_one_line(why)}", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {_on_one_line(why)}", flush=True)

    def finish(self):
        """Prints the closing line and returns the exit code."""
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
        print(counts, flush=True)
        return 0 if self.passed > 0 and self.failed == 0 else 1


def run_checks(environment, report, pattern="*", *, modules=None, prefix="", lacks={}):
    """Runs the checks with such names.

    With `modules`, only the checks of these, under names that begin with `prefix`. `lacks` has
    patterns for the names of checks whose subject can't do what they ask for, and why: they are
    skipped.
    """
    # Both a plain word and a shell pattern are welcome.
    pattern = pattern if "*" in pattern else f"*{pattern}*"
    for name, (function, needs) in _checks.items():
        if modules is not None and function.func.__module__ not in modules:
            continue
        if not fnmatch.fnmatch(prefix + name, pattern):
            continue
        if needs is not None and getattr(environment, needs) is None:
            continue
        reasons = [reason for lacking, reason in lacks.items() if fnmatch.fnmatch(name, lacking)]
        if reasons:
            report.skip(prefix + name, reasons[0])
        else:
            _run_check(prefix + name, function, environment, report)


def _run_check(name, function, environment, report):
    try:
        with deadline(CHECK_DEADLINE, "it to end"):
            result = function(environment)
            if inspect.isawaitable(result):
                asyncio.run(result)
    except CheckSkipped as reason:
        report.skip(name, str(reason))
    except Exception as error:
        report.fail(name, _description(error))
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


def _description(error):
    return str(error) if isinstance(error, CheckFailed) else repr(error)


def _shortened(value, limit=200):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _on_one_line(text, limit=400):
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit]}…"
