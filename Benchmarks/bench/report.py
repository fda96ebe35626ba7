"""Saying what was measured."""

import datetime
import json
import pathlib
import subprocess

import machine

_COLUMNS = ["name", "value", "floor", "", "ours", "theirs", "unit"]


class Report:
    def __init__(self):
        self.ratios = {}
        self.mallocs = {}
        self._rows = []
        self._failures = []

    def add(self, case, result):
        self.ratios[case.name] = round(result.value, 3)
        self._rows.append(
            [
                case.name,
                f"{result.value:.2f}",
                case.bound,
                "reached" if case.is_reached(result.value) else "missed",
                _rounded(result.ours),
                _rounded(result.theirs),
                case.unit,
            ]
        )

    def fail(self, name, error):
        self._failures.append(f"{name}: not measured: {error}")

    @property
    def is_complete(self):
        return not self._failures

    def print(self):
        print(f"{datetime.date.today()}, commit {_commit()}, {machine.description()}")
        if self._rows:
            _print_table([_COLUMNS, *self._rows])
        if self.mallocs:
            print()
            _print_table(
                [["allocations of a unary call", ""]]
                + [[name, f"{count:g}"] for name, count in self.mallocs.items()]
            )
        for failure in self._failures:
            print(failure)

    def write(self, path):
        content = {"ratios": self.ratios}
        if self.mallocs:
            content["mallocs_per_unary_call"] = self.mallocs
        path.write_text(json.dumps(content, indent=2) + "\n")


def _commit():
    command = ["git", "describe", "--always", "--dirty"]
    here = pathlib.Path(__file__).parent
    return subprocess.run(command, cwd=here, capture_output=True, text=True).stdout.strip()


def _rounded(figure):
    return "" if figure is None else f"{figure:,.0f}"


def _print_table(rows):
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
