"""Makes unary calls with one of the clients of Sonora for Python, and says what they took.

Usage: python_client.py sync|aio URL SECONDS PARALLEL
"""

import asyncio
import concurrent.futures
import json
import sys
import time

import sonora.aio
import sonora.client

import bench_pb2 as messages
import bench_pb2_grpc as services

WARM_UP = 0.5


class ChannelForNewStubs:
    """A Sonora channel that ignores what it does not know: stubs of today pass more."""

    def __init__(self, channel):
        self._channel = channel

    def __getattr__(self, kind):
        make = getattr(self._channel, kind)

        def make_callable(path, request_serializer, response_deserializer, **_):
            return make(path, request_serializer, response_deserializer)

        return make_callable


def sync(url, seconds, parallel):
    def calls(end):
        count = 0
        with sonora.client.insecure_web_channel(url) as channel:
            stub = services.BenchStub(ChannelForNewStubs(channel))
            while time.monotonic() < end:
                check(stub.Unary(messages.UnaryRequest(name="world")))
                count += 1
        return count

    end = time.monotonic() + seconds
    with concurrent.futures.ThreadPoolExecutor(parallel) as threads:
        return sum(threads.map(calls, [end] * parallel))


async def aio(url, seconds, parallel):
    async with sonora.aio.insecure_web_channel(url) as channel:
        stub = services.BenchStub(ChannelForNewStubs(channel))
        end = time.monotonic() + seconds

        async def calls():
            count = 0
            while time.monotonic() < end:
                check(await stub.Unary(messages.UnaryRequest(name="world")))
                count += 1
            return count

        return sum(await asyncio.gather(*(calls() for _ in range(parallel))))


def check(reply):
    if reply.message != "Hello, world!":
        raise ValueError(f"the answer is {reply.message!r}")


def run(kind, url, seconds, parallel):
    if kind == "sync":
        return sync(url, seconds, parallel)
    return asyncio.run(aio(url, seconds, parallel))


def main():
    kind, url, seconds, parallel = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    run(kind, url, WARM_UP, parallel)
    start, cpu = time.monotonic(), time.process_time()
    count = run(kind, url, seconds, parallel)
    result = {"count": count, "seconds": time.monotonic() - start}
    result["cpu_seconds"] = time.process_time() - cpu
    print(f"RESULT {json.dumps(result)}")


if __name__ == "__main__":
    main()
