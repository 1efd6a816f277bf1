"""A server under load while its model is swapped, connections are cut, nonsense is sent and what it uses is killed.

Clients ask without a pause until so many answers were given. Meanwhile disturbances take turns, and after every swap
the server's resident memory is read, at the same point each time: the new version answers, and the one before is
unloaded. A failure is a good request that got no answer, an answer other than 200 or one without products, and a bad
request that got anything but a 4xx. A connection that was cut on purpose is none.

What is under load, and what else may happen to it, is a subject of `benchmarks/serving_subjects.py`.
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
"""Swaps after which memory counts: allocators and caches fill at first."""
ENOUGH: Final = 100
"""Failures after which there is nothing more to learn."""


@dataclass
class Scene:
    """What happens to a server: which one, what it serves, and pristine copies of what is pushed."""

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
        """A new connection to the server."""
        return http.client.HTTPConnection(HOST, self.server.port, timeout=TIMEOUT)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Status and document of an answer on a connection of its own."""
        connection = self.connect()
        try:
            connection.request("GET" if body is None else "POST", path, body, JSON if body is not None else {})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def swap(self) -> None:
        """Push a version as a pusher does, wait until it alone is served, delete the old one, and read the memory."""
        old, self.newest = self.newest, self.newest + 1
        for name in self.subject.pushed:
            staging = self.serving / name / f".pushing-{self.newest}"
            shutil.copytree(self.pristine / name, staging)
            staging.rename(self.serving / name / str(self.newest))
        deadline = time.monotonic() + 2 * TIMEOUT
        while not self.subject.serves_only(lambda path: self.ask(path)[1], self.newest):
            if time.monotonic() > deadline:
                self.failures.append(f"version {self.newest} did not take over")
                return
            time.sleep(0.05)
        for name in self.subject.pushed:
            shutil.rmtree(self.serving / name / str(old))
        self.memory.append(resident_mebibytes(self.server.process))

    def cut(self) -> None:
        """Cut connections in the middle of a request's head, of its body, and before its answer is read."""
        body, path = self.bodies[0], self.subject.path.encode()
        head = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" % path
        head += b"Content-Length: %d\r\n\r\n" % len(body)
        for sent in (head[:20], head + body[:5], head + body):
            with socket.create_connection((HOST, self.server.port), TIMEOUT) as connection:
                connection.sendall(sent)
                # Closing with a reset, as a client that is killed does.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def malformed(self) -> None:
        """Send what is no request: each is to be answered with a 4xx, and an explanation."""
        for body in self.subject.malformed:
            status, document = self.ask(self.subject.path, body)
            if not 400 <= status < 500 or not document.get("error"):
                self.failures.append(f"{body!r} was answered with {status} {document}")

    def disturb(self, swaps: int, others: tuple[Disturbance, ...]) -> None:
        """Each disturbance once; swaps only as often as asked for."""
        happenings = [
            *([Disturbance("versions swapped", self.swap)] if len(self.memory) < swaps else []),
            Disturbance("connections cut", self.cut),
            Disturbance("malformed requests", self.malformed),
            *others,
        ]
        for name, happen in happenings:
            try:
                happen()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(f"{name}: {type(error).__name__}: {error}")
            self.done[name] += 1
        time.sleep(0.5)


JSON: Final = {"Content-Type": "application/json"}


class Clients:
    """Threads that ask good requests on connections that are kept, and count what comes back."""

    def __init__(self, scene: Scene, count: int) -> None:
        self.latencies: list[float] = []
        self._scene = scene
        self._stop = threading.Event()
        self._ticket = itertools.count()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask_on(self) -> None:
        connection = self._scene.connect()
        while not self._stop.is_set():
            body = self._scene.bodies[next(self._ticket) % len(self._scene.bodies)]
            started = time.perf_counter()
            try:
                connection.request("POST", self._scene.subject.path, body, JSON)
                response = connection.getresponse()
                document = json.loads(response.read())
                if response.status != 200 or not self._scene.subject.has_products(document):
                    self._scene.failures.append(f"{response.status} {str(document)[:200]}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._scene.failures.append(f"{type(error).__name__}: {error}")
                connection.close()
            self.latencies.append(time.perf_counter() - started)
        connection.close()

    def stop(self) -> None:
        """Let each finish its request."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


def run(subject: Subject, requests: int, clients: int, swaps: int, products: int, options: list[str]) -> dict[str, Any]:
    """Disturb a server until it was asked `requests` times and its model swapped `swaps` times."""
    from benchmarks.serving_model import make_shop

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, "small")
        for name in subject.pushed:
            shutil.copytree(shop.serving / name / "1", folder / "pristine" / name)
        bodies = [subject.body(text) for text in shop.queries]
        with subject.start(shop.serving, folder, options) as (server, disturbances):
            scene = Scene(subject, server, shop.serving, folder / "pristine", bodies)
            started, asking = time.monotonic(), Clients(scene, clients)
            while len(asking.latencies) < requests or len(scene.memory) < swaps:
                scene.disturb(swaps, disturbances)
                if len(scene.failures) >= ENOUGH:
                    break
            asking.stop()
            seconds = time.monotonic() - started
    latencies = [1000 * latency for latency in asking.latencies]
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
        "disturbances": dict(scene.done),
        "failures": scene.failures,
        "memory_mib": scene.memory,
        "slope_mib": slope(scene.memory),
    }


def slope(memory: list[float]) -> float | None:
    """MiB that a swap adds, by Theil and Sen's median of all pairwise slopes, once memory has `SETTLED`.

    None when fewer than two swaps came after that.
    """
    settled = memory[SETTLED:]
    if len(settled) < 2:
        return None
    pairs = itertools.combinations(range(len(settled)), 2)
    return statistics.median((settled[later] - settled[earlier]) / (later - earlier) for earlier, later in pairs)


def report(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
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
