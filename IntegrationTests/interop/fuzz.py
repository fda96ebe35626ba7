"""Fuzzes our server from outside: with random bytes, mutated requests and frames, cuts and resets, over
HTTP/1.1, HTTP/2 and TLS. `dev/fuzz` runs this."""

import argparse
import contextlib
import pathlib
import random
import signal
import sys

from fuzzing import Fuzzing
from harness import Environment
from test_services import ADAPTERS, start_ours

# Over TLS a connection costs both sides several times as much.
PART_OVER_TLS = 5


def main():
    parser = argparse.ArgumentParser(prog="dev/fuzz", description=__doc__)
    parser.add_argument(
        "--executables", required=True, metavar="FOLDER", type=pathlib.Path, help=argparse.SUPPRESS
    )
    parser.add_argument(
        "--logs", type=pathlib.Path, default=".", help="the folder for the servers' logs"
    )
    parser.add_argument("--adapter", choices=ADAPTERS, default="nio", help="what takes the requests")
    parser.add_argument(
        "--connections",
        metavar="N",
        type=int,
        default=100_000,
        help=f"how many; every {PART_OVER_TLS}th is made over TLS (default: %(default)s)",
    )
    parser.add_argument("--only", choices=["plain", "tls"], help="all of them without TLS, or with")
    parser.add_argument("--seed", type=int, help="make the connections of that run again")
    parser.add_argument(
        "--first", metavar="N", type=int, default=0, help="begin with the N-th of the seed"
    )
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.randrange(2**32)
    print(f"The seed is {options.seed}.", flush=True)

    # A default SIGTERM would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    over_tls = options.connections // PART_OVER_TLS
    counts = {"plain": options.connections - over_tls, "tls": over_tls}
    if options.only is not None:
        counts = {options.only: options.connections}

    passed, failed = 0, 0
    with contextlib.ExitStack() as stack:
        environment = Environment(stack, None, logs=options.logs, executables=options.executables)
        for kind, count in counts.items():
            fuzzing = fuzz(environment, options, kind, count)
            passed += fuzzing.passed
            failed += len(fuzzing.failures)
    if failed:
        print(f"The seed was {options.seed}, the servers' logs are in {options.logs}.")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def fuzz(environment, options, kind, count):
    is_over_tls = kind == "tls"
    numbers = range(options.first, options.first + count)
    with start_ours(
        environment, f"fuzz-{options.adapter}-{kind}", options.adapter, is_over_tls
    ) as server:
        print(f"{server.url}, process {server.process.pid}", flush=True)
        fuzzing = Fuzzing(server, options.seed, numbers, on_progress=print_progress)
        fuzzing.run()
    for failure in fuzzing.failures:
        print(f"FAIL {kind}: {failure}", flush=True)
    return fuzzing


def print_progress(fuzzing):
    print(
        f"{fuzzing.connections} connections, {fuzzing.rate():.0f} a second,"
        f" {fuzzing.passed} passed, {len(fuzzing.failures)} failed;"
        f" {fuzzing.process.resident_memory() // 2**20} MiB,"
        f" {fuzzing.process.descriptors()} descriptors",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
