"""What a soak can be of: `vitrine serve`, or `vitrine gateway` with a Redis."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import yaml

from benchmarks.serving_processes import HOST, Server, free_port, vitrine_gateway, vitrine_serve
from vitrine.errors import ConfigError
from vitrine.search.client import INDEX
from vitrine.search.served import MODEL_NAME

Get = Callable[[str], Any]
"""The document at a path of the server."""


class Disturbance(NamedTuple):
    """Something that goes wrong beside a server, as the report names it."""

    name: str
    happen: Callable[[], None]


class Running(NamedTuple):
    """A server, and what may be done to what it uses."""

    server: Server
    disturbances: tuple[Disturbance, ...] = ()


class Subject(Protocol):
    """A server, and how it is asked."""

    path: str
    """Where good and malformed requests go."""
    pushed: tuple[str, ...]
    """Folders of the serving directory that get a new version, in this order."""
    malformed: tuple[bytes, ...]

    def body(self, query: str) -> bytes:
        """A good request."""

    def has_products(self, document: Any) -> bool:
        """Whether an answer has what was asked for."""

    def serves_only(self, get: Get, version: int) -> bool:
        """Whether this version answers, and no other can."""

    @contextmanager
    def start(self, serving: Path, folder: Path, options: Sequence[str]) -> Iterator[Running]:
        """The server over `serving`, which may write into `folder`."""


_NO_JSON: Final = (b"", b"{", b"\xff\xfe not json")


class ModelServer:
    """`vitrine serve`, asked as TF Serving is."""

    path = f"/v1/models/{MODEL_NAME}:predict"
    pushed: tuple[str, ...] = (MODEL_NAME,)
    malformed: tuple[bytes, ...] = (
        *_NO_JSON,
        b"[]",
        b'{"instances": "mug"}',
        b'{"instances": [{"nobody": 1}]}',
        b'{"instances": [["mug"], ["two", "words"]]}',
        b'{"signature_name": "nothing", "instances": ["mug"]}',
        b'{"instances": [1, 2]}',
    )

    def body(self, query: str) -> bytes:
        return json.dumps({"instances": [query]}).encode()

    def has_products(self, document: Any) -> bool:
        return bool(document["predictions"][0]["product_id"])

    def serves_only(self, get: Get, version: int) -> bool:
        states = {int(one["version"]): one["state"] for one in get(f"/v1/models/{MODEL_NAME}")["model_version_status"]}
        return states.pop(version, None) == "AVAILABLE" and set(states.values()) <= {"END"}

    @contextmanager
    def start(self, serving: Path, folder: Path, options: Sequence[str]) -> Iterator[Running]:
        with vitrine_serve(serving, ["--poll-seconds", "0.2", *options], folder / "log") as server:
            yield Running(server)


class Gateway:
    """`vitrine gateway` with the model in its process and a Redis, which is killed and started again."""

    path = "/predict"
    pushed: tuple[str, ...] = (INDEX, MODEL_NAME)
    malformed: tuple[bytes, ...] = (
        *_NO_JSON,
        b"[]",
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "mug", "k": 0}',
        b'{"query": "mug", "nobody": 1}',
        b'{"query": "mug", "filters": {"price_min": 2, "price_max": 1}}',
    )

    def body(self, query: str) -> bytes:
        return json.dumps({"query": query}).encode()

    def has_products(self, document: Any) -> bool:
        return bool(document["results"])

    def serves_only(self, get: Get, version: int) -> bool:
        return bool(get("/models")["catalogues"][0]["version"] == version)

    @contextmanager
    def start(self, serving: Path, folder: Path, options: Sequence[str]) -> Iterator[Running]:
        with running_redis() as redis:
            settings = {
                "catalogues": {"shop": {"serving": str(serving)}},
                "cache": {"redis": redis.url},
                "limits": {"rate": "1000000/second"},
                "log": {"directory": str(folder / "events")},
                "poll_seconds": 0.2,
            }
            config = folder / "gateway.yaml"
            config.write_text(yaml.safe_dump(settings), encoding="utf-8")
            with vitrine_gateway(config, options, folder / "log") as server:
                yield Running(server, (Disturbance("Redis killed and started", redis.restart),))


class Redis:
    """A Redis server of our own that keeps nothing on disk."""

    def __init__(self, program: str) -> None:
        self._port = free_port()
        self._command = [program, "--port", str(self._port), "--bind", HOST, "--save", "", "--appendonly", "no"]
        self.url = f"redis://{HOST}:{self._port}/0"
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        assert self._process.stdout
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                return
        raise RuntimeError("redis-server does not start")

    def kill(self) -> None:
        """Let it go without a word."""
        self._process.kill()
        self._process.communicate()

    def restart(self) -> None:
        """Kill it, and start another with nothing in it."""
        self.kill()
        self._start()


@contextmanager
def running_redis() -> Iterator[Redis]:
    """A Redis until the block ends.

    Raises:
        ConfigError: It is not installed.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ConfigError("redis-server is not installed; install it, or leave out --gateway")
    redis = Redis(program)
    try:
        yield redis
    finally:
        redis.kill()
