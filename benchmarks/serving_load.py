"""A load generator: a given number of requests from several clients, each on its own connection, with their times.

    python -m benchmarks.serving_load < load.json   # {"host", "port", "path", "bodies", "clients", "requests"}

It runs in a process of its own and imports no large packages, so that it takes little processor time from the measured
server; `processor` is its own time. A response other than 200 ends it with an error.
"""

import http.client
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

TIMEOUT = 60


class Load(NamedTuple):
    """Seconds of every request, wall-clock seconds of all, and processor seconds of the generator."""

    latencies: list[float]
    seconds: float
    processor: float


class Target(NamedTuple):
    """The address of requests, and their bodies."""

    host: str
    port: int
    path: str
    bodies: list[str]


class Connection:
    """A connection for single requests."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT)

    def send(self, body: str | None = None) -> bytes:
        """Send a POST with `body`, or a GET without one. Raises RuntimeError for a response other than 200."""
        if body is None:
            self._connection.request("GET", self._target.path)
        else:
            self._connection.request("POST", self._target.path, body.encode(), {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self._target.path}: {response.status} {answer[:200]!r}")
        return answer


def send(target: Target, clients: int, requests: int) -> Load:
    """Send `requests` requests in all. Raises RuntimeError at the first response other than 200."""
    ticket = itertools.count()
    latencies: list[float] = []
    failures: list[str] = []

    def client() -> None:
        connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT)
        while not failures and (number := next(ticket)) < requests:
            body = target.bodies[number % len(target.bodies)].encode()
            started = time.perf_counter()
            connection.request("POST", target.path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            latencies.append(time.perf_counter() - started)
            if response.status != 200:
                failures.append(f"{response.status} {answer[:200]!r}")
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    started, processor = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures or len(latencies) < requests:
        raise RuntimeError(f"{target.path}: {failures[:1] or 'a client stopped'}")
    return Load(latencies, seconds, time.process_time() - processor)


def send_from_process(target: Target, clients: int, requests: int) -> Load:
    """Call `send` in a process of its own."""
    load = json.dumps(target._asdict() | {"clients": clients, "requests": requests})
    command = [sys.executable, "-m", "benchmarks.serving_load"]
    process = subprocess.run(command, input=load, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return Load(**json.loads(process.stdout))


def rotated(bodies: list[str]) -> Iterator[list[str]]:
    """Yield the bodies repeatedly, each time from another start, so that rounds do not repeat one another."""
    for start in itertools.count(step=len(bodies) // 7 + 1):
        yield bodies[start % len(bodies) :] + bodies[: start % len(bodies)]


def main() -> None:
    load: dict[str, Any] = json.load(sys.stdin)
    clients, requests = load.pop("clients"), load.pop("requests")
    print(json.dumps(send(Target(**load), clients, requests)._asdict()))


if __name__ == "__main__":
    main()
