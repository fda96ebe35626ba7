"""Measuring one figure: two servers in turns, or one alone."""

import contextlib
import dataclasses
import statistics
from collections.abc import Callable

import perf


@dataclasses.dataclass(frozen=True)
class Side:
    """A server, and how it is measured: by a function of the server and of how many seconds that
    may take."""

    name: str
    start: Callable
    measure: Callable


@dataclasses.dataclass(frozen=True)
class Result:
    value: float
    # Medians: of the server measured, and of the one it is compared with.
    ours: float | None = None
    theirs: float | None = None


@dataclasses.dataclass(frozen=True)
class Ratio:
    """How much a server does, of what another one does. The more, the better."""

    name: str
    what: str
    unit: str
    floor: float
    ours: Side
    theirs: Side

    @property
    def bound(self):
        return f"≥ {self.floor:g}"

    def is_reached(self, value):
        return value >= self.floor

    def measure(self, environment):
        with contextlib.ExitStack() as stack:
            sides = [self.ours, self.theirs]
            running = [(side, stack.enter_context(side.start(environment))) for side in sides]
            for side, server in running:
                side.measure(server, environment.warm_up)

            figures = {side: [] for side in sides}
            for number in range(environment.rounds):
                # Each is the first of a round in turns, so that a drift of the machine cancels out.
                for side, server in running if number % 2 == 0 else reversed(running):
                    with perf.recording(environment, server, f"{self.name}-{side.name}"):
                        figures[side].append(side.measure(server, environment.seconds))

        ours, theirs = figures[self.ours], figures[self.theirs]
        ratios = [one / other for one, other in zip(ours, theirs)]
        return Result(*map(statistics.median, (ratios, ours, theirs)))


@dataclasses.dataclass(frozen=True)
class Amount:
    """What a server takes, started anew each time. The less, the better."""

    name: str
    what: str
    unit: str
    ceiling: float
    ours: Side

    @property
    def bound(self):
        return f"≤ {self.ceiling:g}"

    def is_reached(self, value):
        return value <= self.ceiling

    def measure(self, environment):
        figures = []
        for _ in range(environment.memory_rounds):
            with self.ours.start(environment) as server:
                figures.append(self.ours.measure(server, environment.seconds))
        return Result(statistics.median(figures))
