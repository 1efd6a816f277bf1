"""Servers in processes of their own, on free ports of the loopback address."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.reference.client import reference_python

HOST = "127.0.0.1"
START_SECONDS = 180
"""Time limit of a server's start, in which it loads TensorFlow or PyTorch, and a model."""


class Server(NamedTuple):
    """A running server."""

    port: int
    process: int


@contextmanager
def vitrine_serve(serving: Path, options: Sequence[str], log: Path) -> Iterator[Server]:
    """Run `vitrine serve` over the directory `serving`."""
    port = free_port()
    call = ["-c", "from cli.main import main; main()", "serve", "--serving", str(serving), "--port", str(port)]
    with _running([*call, "--grpc-port", "-1", *options], port, "/v1/models/product_search", log) as server:
        yield server


@contextmanager
def vitrine_gateway(
    serving: Path, settings: Mapping[str, Any], options: Sequence[str], folder: Path
) -> Iterator[Server]:
    """Run `vitrine gateway` over the directory `serving`; its configuration file and log are written to `folder`.

    `settings` are added to the catalogue and to a rate limit that the benchmarks do not reach.
    """
    port = free_port()
    folder.mkdir(exist_ok=True)
    config = folder / "gateway.yaml"
    defaults = {"catalogues": {"shop": {"serving": str(serving)}}, "limits": {"rate": "1000000/second"}}
    config.write_text(yaml.safe_dump(defaults | dict(settings)), encoding="utf-8")
    call = ["-c", "from cli.main import main; main()", "gateway", "--config", str(config), "--port", str(port)]
    with _running([*call, *options], port, "/ready", folder / "log") as server:
        yield server


@contextmanager
def baseline(clip: Path, catalogue: Path, log: Path) -> Iterator[Server]:
    """Run `benchmarks/baseline_server.py` in the reference's environment."""
    port = free_port()
    call = ["-m", "benchmarks.baseline_server", "--clip", str(clip), "--catalogue", str(catalogue), "--port", str(port)]
    with _running(call, port, "/docs", log, reference_python()) as server:
        yield server


@contextmanager
def _running(call: list[str], port: int, path: str, log: Path, python: str | Path = sys.executable) -> Iterator[Server]:
    """Run `python` with `call` during the block; the server is up once it answers `path`."""
    with log.open("ab") as output:
        process = subprocess.Popen([python, *call], stdout=output, stderr=output)  # noqa: S603 - our own
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_up(port, path):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"no server: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
                time.sleep(0.2)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:  # a server that is loading on a busy machine does not handle signals
                process.kill()
                process.wait()


def _is_up(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def resident_mebibytes(process: int) -> float:
    """Return the resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
