"""Benchmark of the model server: alone and under load, with and without batching, and while a version is swapped.

`python -m benchmarks.model_server --serving runs/v1/serving` starts both servers on loopback, sends requests
by turns and prints medians over the rounds; `--swap` instead pushes a version repeatedly, and compares response times
before and during its load.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

MODEL = "product_search"
QUERIES = [
    f"{color} {thing}" for color in ("red", "blue", "green", "checked") for thing in ("mug", "case", "lamp", "bag")
]
CLIENTS = (1, 8, 32)


@contextmanager
def server(serving: Path, *options: str) -> Iterator[int]:
    """Run `vitrine serve` in a process of its own, and yield its port."""
    program = [sys.executable, "-c", "from cli.main import main; main()", "serve", "--serving", str(serving)]
    command = [*program, "--port", "0", "--grpc-port", "-1", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603
        try:
            yield int(re.search(r":(\d+) ", process.stdout.readline())[1])
        finally:
            process.terminate()


def send_requests(
    port: int, stop: threading.Event, responses: list[tuple[float, float]], seed: int, signature: str
) -> None:
    """Send requests until `stop` is set, and append the start time and the seconds of each to `responses`."""
    connection = HTTPConnection("127.0.0.1", port)
    while not stop.is_set():
        body = {"signature_name": signature, "instances": [QUERIES[(seed + len(responses)) % len(QUERIES)]]}
        begun = time.perf_counter()
        connection.request("POST", f"/v1/models/{MODEL}:predict", json.dumps(body))
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise RuntimeError(content.decode())
        responses.append((begun, time.perf_counter() - begun))
    connection.close()


@contextmanager
def load(port: int, clients: int, signature: str) -> Iterator[list[list[tuple[float, float]]]]:
    """Send requests from `clients` clients during the block, and yield the response times of each."""
    stop, responses = threading.Event(), [[] for _ in range(clients)]
    threads = [
        threading.Thread(target=send_requests, args=(port, stop, times, seed, signature))
        for seed, times in enumerate(responses)
    ]
    for thread in threads:
        thread.start()
    yield responses
    stop.set()
    for thread in threads:
        thread.join()


def measure(port: int, clients: int, seconds: float, signature: str) -> tuple[float, float, float]:
    """Return the responses a second, and the median and 99th percentile of their milliseconds."""
    with load(port, clients, signature) as responses:
        time.sleep(seconds)
    times = [seconds_taken for client in responses for _, seconds_taken in client]
    return len(times) / seconds, 1000 * float(np.median(times)), 1000 * float(np.quantile(times, 0.99))


def compare(serving: Path, rounds: int, seconds: float, signature: str, batching: list[str]) -> None:
    """Print medians over rounds, by turns between a server with batching and one without."""
    figures: dict[tuple[str, int], list[tuple[float, float, float]]] = {}
    with server(serving) as alone, server(serving, "--enable-batching", *batching) as merged:
        for port in (alone, merged):
            measure(port, 8, 1.0, signature)
        for _ in range(rounds):
            for clients in CLIENTS:
                for name, port in (("apart", alone), ("batched", merged)):
                    figures.setdefault((name, clients), []).append(measure(port, clients, seconds, signature))
    print(f"{signature}: clients, answers/s, median ms, p99 ms (median of {rounds} rounds)")
    for (name, clients), measured in sorted(figures.items(), key=lambda item: item[0][::-1]):
        rate, median, p99 = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"  {clients:3} {name:8} {rate:8.0f} {median:8.2f} {p99:8.2f}")


def swap(serving: Path, rounds: int, clients: int, signature: str) -> None:
    """Print the response times before and during the load of a new version."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "serving"
        shutil.copytree(serving / MODEL, copy / MODEL)
        version = max(int(path.name) for path in (copy / MODEL).iterdir())
        before, during, seconds = [], [], []
        with server(copy) as port, load(port, clients, signature) as responses:
            time.sleep(2.0)
            for pushed in range(version + 1, version + 1 + rounds):
                quiet = time.perf_counter()
                time.sleep(4.0)
                shutil.copytree(copy / MODEL / str(version), copy / MODEL / f".{pushed}")
                (copy / MODEL / f".{pushed}").rename(copy / MODEL / str(pushed))
                begun = time.perf_counter()
                while state(port, pushed - 1) != "END":
                    time.sleep(0.05)
                ended = time.perf_counter()
                seconds.append(ended - begun)
                rows = [row for client in list(responses) for row in list(client)]
                before += [taken for start, taken in rows if quiet <= start < quiet + 4.0]
                during += [taken for start, taken in rows if begun <= start < ended]
        print(f"{signature}, {clients} clients, {rounds} swaps of {statistics.median(seconds):.1f} s each")
        for name, times in (("before", before), ("during", during)):
            median, p99, worst = (
                1000 * float(value) for value in (np.median(times), np.quantile(times, 0.99), max(times))
            )
            print(f"  {name}: {len(times)} answers, median {median:.2f} ms, p99 {p99:.2f} ms, longest {worst:.1f} ms")


def state(port: int, version: int) -> str:
    """Return the state of a version."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/v1/models/{MODEL}/versions/{version}")
    body = json.loads(connection.getresponse().read())
    connection.close()
    return body["model_version_status"][0]["state"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--serving", type=Path, required=True, help="a serving directory with a search model")
    parser.add_argument("--signature", default="serving_default")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--clients", type=int, default=4, help="while versions are swapped")
    parser.add_argument("--batching-parameters-file", help="of the server with batching")
    parser.add_argument("--swap", action="store_true")
    arguments = parser.parse_args()
    if arguments.swap:
        swap(arguments.serving, arguments.rounds, arguments.clients, arguments.signature)
    else:
        file = arguments.batching_parameters_file
        batching = ["--batching-parameters-file", file] if file else []
        compare(arguments.serving, arguments.rounds, arguments.seconds, arguments.signature, batching)


if __name__ == "__main__":
    main()
