"""A server under load while its model is swapped, connections are cut and nonsense is sent.

Clients ask without a pause until so many answers were given. Meanwhile the disturbances below take turns, and after
every swap the server's resident memory is read, at the same point each time: the new version answers, and the one
before is unloaded. A failure is a good request that got no answer, an answer other than 200 or one without products,
and a bad request that got anything but a 4xx. A connection that was cut on purpose is none.

A disturbance is a name and a function of the `Scene`. One for a gateway would ask its URL, one for Redis restart it.
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
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.figures import percentile
from benchmarks.serving_processes import HOST, resident_mebibytes, vitrine_serve
from vitrine.markdown import table
from vitrine.search.served import MODEL_NAME

MODEL: Final = f"/v1/models/{MODEL_NAME}"
TIMEOUT: Final = 60
SETTLED: Final = 6
"""Swaps after which memory counts: allocators and caches fill at first."""
ENOUGH: Final = 100
"""Failures after which there is nothing more to learn."""

MALFORMED: Final = (
    b"",
    b"{",
    b"[]",
    b'{"instances": "mug"}',
    b'{"instances": [{"nobody": 1}]}',
    b'{"instances": [["mug"], ["two", "words"]]}',
    b'{"signature_name": "nothing", "instances": ["mug"]}',
    b'{"instances": [1, 2]}',
    b"\xff\xfe not json",
)


@dataclass
class Scene:
    """What disturbances may touch: the server's address, the model's folder, and a pristine copy of a version."""

    port: int
    process: int
    versions: Path
    pristine: Path
    bodies: list[bytes]
    newest: int = 1
    failures: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def connect(self) -> http.client.HTTPConnection:
        """A new connection to the server."""
        return http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)

    def ask(self, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """Status and document of an answer on a connection of its own."""
        connection = self.connect()
        try:
            connection.request("GET" if body is None else "POST", path, body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


def swap(scene: Scene) -> None:
    """Push a version as a pusher does, wait until it alone is served, delete the one before, and read the memory."""
    old, scene.newest = scene.newest, scene.newest + 1
    staging = scene.versions / f".pushing-{scene.newest}"
    shutil.copytree(scene.pristine, staging)
    staging.rename(scene.versions / str(scene.newest))
    deadline = time.monotonic() + 2 * TIMEOUT
    while (states := states_of(scene)).get(scene.newest) != "AVAILABLE" or states.get(old) != "END":
        if time.monotonic() > deadline:
            scene.failures.append(f"version {scene.newest} did not take over: {states}")
            return
        time.sleep(0.05)
    shutil.rmtree(scene.versions / str(old))
    scene.memory.append(resident_mebibytes(scene.process))


def states_of(scene: Scene) -> dict[int, str]:
    """The state of each version."""
    _, document = scene.ask(MODEL)
    return {int(one["version"]): one["state"] for one in document["model_version_status"]}


def cut(scene: Scene) -> None:
    """Cut connections in the middle of a request's head, of its body, and before its answer is read."""
    body = scene.bodies[0]
    head = b"POST %s:predict HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (MODEL.encode(), len(body))
    for sent in (head[:20], head + body[:5], head + body):
        with socket.create_connection((HOST, scene.port), TIMEOUT) as connection:
            connection.sendall(sent)
            # Closing with a reset, as a client that is killed does.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def malformed(scene: Scene) -> None:
    """Send what is no request: each is to be answered with a 4xx, and an explanation."""
    for body in MALFORMED:
        status, document = scene.ask(f"{MODEL}:predict", body)
        if not 400 <= status < 500 or not document.get("error"):
            scene.failures.append(f"{body!r} was answered with {status} {document}")


DISTURBANCES: Final[tuple[tuple[str, Callable[[Scene], None]], ...]] = (
    ("versions swapped", swap),
    ("connections cut", cut),
    ("malformed requests", malformed),
)


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
                connection.request("POST", f"{MODEL}:predict", body)
                response = connection.getresponse()
                document = json.loads(response.read())
                if response.status != 200 or not document["predictions"][0]["product_id"]:
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


def run(requests: int, clients: int, swaps: int, products: int, options: list[str]) -> dict[str, Any]:
    """Disturb a server until it was asked `requests` times and its model swapped `swaps` times."""
    from benchmarks.serving_model import make_shop

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, "small")
        versions = shop.serving / MODEL_NAME
        pristine = shutil.copytree(versions / "1", folder / "pristine")
        bodies = [json.dumps({"instances": [text]}).encode() for text in shop.queries]
        with vitrine_serve(shop.serving, ["--poll-seconds", "0.2", *options], folder / "log") as server:
            scene = Scene(server.port, server.process, versions, pristine, bodies)
            started, asking = time.monotonic(), Clients(scene, clients)
            while len(asking.latencies) < requests or len(scene.memory) < swaps:
                disturb(scene, swaps)
                if len(scene.failures) >= ENOUGH:
                    break
            asking.stop()
            seconds = time.monotonic() - started
    latencies = [1000 * latency for latency in asking.latencies]
    return {
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


def disturb(scene: Scene, swaps: int) -> None:
    """Each disturbance once; swaps only as often as asked for."""
    for name, disturbance in DISTURBANCES:
        if disturbance is swap and len(scene.memory) >= swaps:
            continue
        try:
            disturbance(scene)
        except (OSError, http.client.HTTPException, ValueError) as error:
            scene.failures.append(f"{name}: {type(error).__name__}: {error}")
        scene.done[name] += 1
    time.sleep(0.5)


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
