"""Calls the greeter with real peers, and with bad ones. `dev/interop` runs this."""

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


def main():
    parser = argparse.ArgumentParser(prog="dev/interop", description=__doc__)
    server = parser.add_mutually_exclusive_group(required=True)
    server.add_argument("--greeter", metavar="EXECUTABLE", help="the greeter to start")
    server.add_argument("--url", help="where a greeter runs already")
    parser.add_argument(
        "--greeter-client", metavar="EXECUTABLE", help="the client to start, in Swift"
    )
    parser.add_argument(
        "--greeter-http2", metavar="EXECUTABLE", help="the greeter to start behind Envoy"
    )
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
        try:
            environment = prepare(options, stack)
        except (harness.CheckFailed, OSError) as error:
            report.fail("greeter: starts and prints its URL", str(error))
        else:
            harness.run_checks(environment, report, options.only)
    if report.failed and options.greeter:
        print(f"The servers' logs are in {options.logs}.", file=sys.stderr)
    return report.finish()


def prepare(options, stack):
    def start(name, *arguments):
        log = options.logs / f"{name}.log"
        return stack.enter_context(greeter.start_greeter(options.greeter, *arguments, log=log))

    if options.url:
        greeters = [greeter.Greeter(options.url.rstrip("/"))]
    else:
        greeters = [
            start("interop-greeter", "--allow-origin", "*"),
            start("interop-closed-greeter"),
        ]
    return harness.Environment(
        stack,
        *greeters,
        logs=options.logs,
        greeter_client=options.greeter_client,
        greeter_http2=options.greeter_http2,
    )


if __name__ == "__main__":
    sys.exit(main())
