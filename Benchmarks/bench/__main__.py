"""Measures Sonora's servers and clients against others. `dev/bench` runs this."""

import argparse
import dataclasses
import pathlib
import signal
import sys

import cases
import machine
import mallocs
import report

MALLOCS = "mallocs"


@dataclasses.dataclass(frozen=True)
class Environment:
    bench_server: pathlib.Path
    bench_client: pathlib.Path
    malloc_counter: pathlib.Path
    # The folder for the logs of servers, and for profiles.
    logs: pathlib.Path
    # How often each figure is measured, and how long each time; the median counts.
    rounds: int
    memory_rounds: int
    seconds: float
    warm_up: float
    perf: bool


def main():
    options = parse()
    # A default SIGTERM would leave the servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    machine.prepare()
    environment = Environment(
        bench_server=options.bench_server.resolve(),
        bench_client=options.bench_client.resolve(),
        malloc_counter=options.malloc_counter.resolve(),
        logs=options.logs.resolve(),
        rounds=options.rounds or (3 if options.quick else 7),
        memory_rounds=options.rounds or (1 if options.quick else 3),
        seconds=options.seconds or (2 if options.quick else 5),
        warm_up=1,
        perf=options.perf,
    )

    results = report.Report()
    for case in cases.all_cases(options.adapter):
        if options.only in (None, case.name):
            attempt(results, case.name, lambda: results.add(case, case.measure(environment)))
    if options.only in (None, MALLOCS):
        for name in mallocs.SERVERS:
            attempt(results, f"{MALLOCS} of {name}", lambda: count(results, environment, name))

    results.print()
    if options.json:
        results.write(options.json)
    return 0 if results.is_complete else 1


def parse():
    parser = argparse.ArgumentParser(prog="dev/bench", description=__doc__)
    parser.add_argument("--bench-server", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--bench-client", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "--malloc-counter", type=pathlib.Path, required=True, help=argparse.SUPPRESS
    )
    parser.add_argument("--logs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, help="how often to measure each figure")
    parser.add_argument("--seconds", type=int, help="how long to measure a figure each time")
    parser.add_argument(
        "--only",
        metavar="NAME",
        choices=[case.name for case in cases.all_cases(cases.NIO)] + [MALLOCS],
        help="only this figure: %(choices)s",
    )
    parser.add_argument(
        "--adapter", default=cases.NIO, help="measure this adapter of ours in the place of `nio`"
    )
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--perf", action="store_true", help="record profiles of the servers")
    options = parser.parse_args()
    if options.json and options.adapter != cases.NIO:
        parser.error("--json is for the figures of the adapter `nio`, under whose name they go")
    return options


def attempt(results, name, measure):
    print(f"measuring {name}", file=sys.stderr, flush=True)
    try:
        measure()
    except Exception as error:
        results.fail(name, error)


def count(results, environment, server):
    results.mallocs[server] = round(mallocs.mallocs_per_call(environment, server), 1)


if __name__ == "__main__":
    sys.exit(main())
