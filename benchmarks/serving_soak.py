"""A soak test of a server: load while versions are swapped, connections are cut, and malformed requests are sent.

Clients send requests without a pause until a given number of responses. Meanwhile disturbances take turns. After every
swap, once the new version is served and the old one is unloaded, the server's resident memory is read. A failure is a
good request without a response, or with a response other than 200 or without products, and a malformed request with a
response other than 4xx. A connection that was cut on purpose is not a failure.

The servers under test, and their own disturbances, are the subjects of `benchmarks/serving_subjects.py`.
"""

import http.client
import itertools
import json
import shutil
import socket
import statistics
import struct
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.figures import percentile
from benchmarks.serving_processes import HOST, Server, resident_mebibytes
from benchmarks.serving_subjects import Disturbance, Subject
from vitrine.markdown import table

TIMEOUT: Final = 60
SETTLED: Final = 6
"""Swaps before memory counts, in which allocators and caches fill."""
MAX_FAILURES: Final = 100
"""Failures that end the test."""


@dataclass
class SoakTest:
    """The state of a soak test: the server, its serving directory, and copies of the versions to push."""

    subject: Subject
    server: Server
    serving: Path
    pristine: Path
    bodies: list[bytes]
    newest: int = 1
    failures: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def connect(self) -> http.client.HTTPConnection:
        """Open a new connection to the server."""
        return http.client.HTTPConnection(HOST, self.server.port, timeout=TIMEOUT)

    def request(self, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Send a request on a new connection, and return the status and the document of the response."""
        connection = self.connect()
        try:
            connection.request("GET" if body is None else "POST", path, body, JSON if body is not None else {})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def swap(self) -> None:
        """Push a version, wait until only it is served, delete the old one, and read the memory."""
        old, self.newest = self.newest, self.newest + 1
        for name in self.subject.pushed:
            staging = self.serving / name / f".pushing-{self.newest}"
            shutil.copytree(self.pristine / name, staging)
            staging.rename(self.serving / name / str(self.newest))
        deadline = time.monotonic() + 2 * TIMEOUT
        while not self.subject.serves_only(lambda path: self.request(path)[1], self.newest):
            if time.monotonic() > deadline:
                self.failures.append(f"version {self.newest} did not take over")
                return
            time.sleep(0.05)
        for name in self.subject.pushed:
            shutil.rmtree(self.serving / name / str(old))
        self.memory.append(resident_mebibytes(self.server.process))

    def cut_connections(self) -> None:
        """Cut connections in the middle of a request's head, of its body, and before its answer is read."""
        body, path = self.bodies[0], self.subject.path.encode()
        head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" % path
        head += b"Content-Length: %d\r\n\r\n" % len(body)
        for sent in (head[:20], head + body[:5], head + body):
            with socket.create_connection((HOST, self.server.port), TIMEOUT) as connection:
                connection.sendall(sent)
                # Closing with a reset, as a client that is killed does.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def send_malformed(self) -> None:
        """Send malformed requests; each response should be a 4xx with an error message."""
        for body in self.subject.malformed:
            status, document = self.request(self.subject.path, body)
            if not 400 <= status < 500 or not document.get("error"):
                self.failures.append(f"{body!r} was answered with {status} {document}")

    def disturb(self, swaps: int, others: tuple[Disturbance, ...]) -> None:
        """Run each disturbance once; versions are swapped at most `swaps` times in all."""
        disturbances = [
            *([Disturbance("versions swapped", self.swap)] if len(self.memory) < swaps else []),
            Disturbance("connections cut", self.cut_connections),
            Disturbance("malformed requests", self.send_malformed),
            *others,
        ]
        for name, disturb in disturbances:
            try:
                disturb()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(f"{name}: {type(error).__name__}: {error}")
            self.done[name] += 1
        time.sleep(0.5)


JSON: Final = {"Content-Type": "application/json"}


class Clients:
    """Threads that send good requests on persistent connections, and record response times and failures."""

    def __init__(self, soak: SoakTest, count: int) -> None:
        self.latencies: list[float] = []
        self._soak = soak
        self._stop = threading.Event()
        self._ticket = itertools.count()
        self._threads = [threading.Thread(target=self._send_requests, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _send_requests(self) -> None:
        connection = self._soak.connect()
        while not self._stop.is_set():
            body = self._soak.bodies[next(self._ticket) % len(self._soak.bodies)]
            started = time.perf_counter()
            try:
                connection.request("POST", self._soak.subject.path, body, JSON)
                response = connection.getresponse()
                document = json.loads(response.read())
                if response.status != 200 or not self._soak.subject.has_products(document):
                    self._soak.failures.append(f"{response.status} {str(document)[:200]}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._soak.failures.append(f"{type(error).__name__}: {error}")
                connection.close()
            self.latencies.append(time.perf_counter() - started)
        connection.close()

    def stop(self) -> None:
        """Stop the threads after their current requests."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def run(subject: Subject, requests: int, clients: int, swaps: int, products: int, options: list[str]) -> dict[str, Any]:
    """Disturb a server until it has answered `requests` requests and its model was swapped `swaps` times."""
    from benchmarks.serving_model import make_shop

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, "small")
        for name in subject.pushed:
            shutil.copytree(shop.serving / name / "1", folder / "pristine" / name)
        bodies = [subject.body(text) for text in shop.queries]
        with subject.start(shop.serving, folder, options) as (server, disturbances):
            soak = SoakTest(subject, server, shop.serving, folder / "pristine", bodies)
            started, threads = time.monotonic(), Clients(soak, clients)
            while len(threads.latencies) < requests or len(soak.memory) < swaps:
                soak.disturb(swaps, disturbances)
                if len(soak.failures) >= MAX_FAILURES:
                    break
            threads.stop()
            seconds = time.monotonic() - started
    latencies = [1000 * latency for latency in threads.latencies]
    return {
        "subject": type(subject).__name__,
        "products": products,
        "options": options,
        "clients": clients,
        "answers": len(latencies),
        "seconds": seconds,
        "p50_ms": percentile(latencies, 0.5),
        "p99_ms": percentile(latencies, 0.99),
        "slowest_ms": max(latencies),
        "disturbances": dict(soak.done),
        "failures": soak.failures,
        "memory_mib": soak.memory,
        "slope_mib": slope(soak.memory),
    }


def slope(memory: list[float]) -> float | None:
    """Return the MiB that a swap adds, by Theil and Sen's median of all pairwise slopes after `SETTLED` swaps.

    None if fewer than two swaps came after those.
    """
    settled = memory[SETTLED:]
    if len(settled) < 2:
        return None
    pairs = itertools.combinations(range(len(settled)), 2)
    return statistics.median((settled[later] - settled[earlier]) / (later - earlier) for earlier, later in pairs)


def report(result: dict[str, Any]) -> str:
    """Format the figures as Markdown."""
    disturbed = ", ".join(f"{name} {count} times" for name, count in result["disturbances"].items())
    memory = result["memory_mib"]
    rows = [
        [
            "good requests answered",
            f"{result['answers']:,} in {result['seconds']:.0f} s from {result['clients']} clients",
        ],
        ["p50, p99, slowest", f"{result['p50_ms']:.0f}, {result['p99_ms']:.0f}, {result['slowest_ms']:.0f} ms"],
        ["disturbed", disturbed],
        ["failures", f"{len(result['failures'])}"],
    ]
    if memory:
        quarters = [f"{np.mean(part):.0f}" for part in np.array_split(memory, min(4, len(memory)))]
        rows.append(["memory after a swap", f"{', '.join(quarters)} MiB, a quarter of the swaps each"])
    if result["slope_mib"] is not None:
        rows.append(["a swap adds", f"{result['slope_mib']:+.2f} MiB, after the first {SETTLED}"])
    return "\n".join([table(["soak", ""], rows), *result["failures"][:5]])
