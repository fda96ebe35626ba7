"""Calls greeters and the interop tests' servers with real peers, and with bad ones. `dev/interop`
runs this."""

import argparse
import contextlib
import pathlib
import signal
import sys

import greeter
import harness

# Importing a module of checks registers them, in the order in which they then run.
import http_bytes  # noqa: F401
import http_errors  # noqa: F401
import cors  # noqa: F401
import bad_input  # noqa: F401
import sonora_clients  # noqa: F401
import chromium  # noqa: F401
import swift_clients  # noqa: F401
import sonora_servers  # noqa: F401
import envoy_proxy  # noqa: F401
import large_streams  # noqa: F401
import interop_swift  # noqa: F401
import interop_python  # noqa: F401
import interop_browsers  # noqa: F401
import load_balancers  # noqa: F401
import upgrade_offers  # noqa: F401
import descriptor_limit  # noqa: F401
import termination  # noqa: F401
import hostile_clients  # noqa: F401

# What is checked of every greeter, not of the first alone.
GREETER_MODULES = {
    "http_bytes",
    "http_errors",
    "cors",
    "bad_input",
    "sonora_clients",
    "chromium",
}


def main():
    parser = argparse.ArgumentParser(prog="dev/interop", description=__doc__)
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument(
        "--executables", metavar="FOLDER", type=pathlib.Path, help="where our executables are"
    )
    server.add_argument("--url", help="where a greeter runs already")
    parser.add_argument(
        "--logs", type=pathlib.Path, default=".", help="the folder for the logs of started servers"
    )
    parser.add_argument(
        "--only", default="*", metavar="PATTERN", help="only checks with such names"
    )
    options = parser.parse_args()

    # A default SIGTERM would leave the greeters and the browser behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    report = harness.Report()
    with contextlib.ExitStack() as stack:
        if options.url:
            only_greeter = greeter.Greeter(options.url.rstrip("/"))
            environment = harness.Environment(stack, only_greeter, logs=options.logs)
            harness.run_checks(environment, report, options.only)
        else:
            check_all(stack, report, options)
    if report.failed and options.executables:
        print(f"The servers' logs are in {options.logs}.", file=sys.stderr)
    return report.finish()


def check_all(stack, report, options):
    """Everything with the first greeter, and with every other what concerns greeters."""
    environment = None
    for name, lacks in greeter.GREETERS.items():
        try:
            greeters = start_greeters(name, stack, options)
        except (harness.CheckFailed, OSError) as error:
            report.fail(f"{name}: starts and prints its URL", str(error))
            continue
        if environment is None:
            environment = harness.Environment(
                stack, *greeters, logs=options.logs, executables=options.executables
            )
            harness.run_checks(environment, report, options.only, lacks=lacks)
        else:
            harness.run_checks(
                environment.for_greeter(*greeters),
                report,
                options.only,
                modules=GREETER_MODULES,
                prefix=f"{name}, ",
                lacks=lacks,
            )


def start_greeters(name, stack, options):
    """A greeter that all origins may call, and one that none may."""

    def start(kind, *arguments):
        executable, log = options.executables / name, options.logs / f"interop-{kind}{name}.log"
        return stack.enter_context(greeter.start_greeter(executable, *arguments, log=log))

    return start("", "--allow-origin", "*"), start("closed-")


if __name__ == "__main__":
    sys.exit(main())
