"""The subjects of soak tests: `vitrine serve`, and `vitrine gateway` with a Redis."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from benchmarks.redis_server import running_redis
from benchmarks.serving_processes import Server, vitrine_gateway, vitrine_serve
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import INDEX

Get = Callable[[str], Any]
"""A function that returns the document at a path of the server."""


class Disturbance(NamedTuple):
    """A disturbance of a server, with its name in the report."""

    name: str
    disturb: Callable[[], None]


class Running(NamedTuple):
    """A running server, and its own disturbances."""

    server: Server
    disturbances: tuple[Disturbance, ...] = ()


class Subject(Protocol):
    """A kind of server, with its requests."""

    path: str
    """The path of good and malformed requests."""
    pushed: tuple[str, ...]
    """Folders of the serving directory that get a new version, in this order."""
    malformed: tuple[bytes, ...]

    def body(self, query: str) -> bytes:
        """Return the body of a good request."""

    def has_products(self, document: Any) -> bool:
        """Return whether a response has products."""

    def serves_only(self, get: Get, version: int) -> bool:
        """Return whether this version, and no other, is served."""

    @contextmanager
    def start(self, serving: Path, folder: Path, options: Sequence[str]) -> Iterator[Running]:
        """Run the server over `serving`; it may write into `folder`."""


_NOT_JSON: Final = (b"", b"{", b"\xff\xfe not json")


class ModelServer:
    """`vitrine serve`, with requests of TF Serving's API."""

    path = f"/v1/models/{MODEL_NAME}:predict"
    pushed: tuple[str, ...] = (MODEL_NAME,)
    malformed: tuple[bytes, ...] = (
        *_NOT_JSON,
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
        states = {
            int(version_status["version"]): version_status["state"]
            for version_status in get(f"/v1/models/{MODEL_NAME}")["model_version_status"]
        }
        return states.pop(version, None) == "AVAILABLE" and set(states.values()) <= {"END"}

    @contextmanager
    def start(self, serving: Path, folder: Path, options: Sequence[str]) -> Iterator[Running]:
        with vitrine_serve(serving, ["--poll-seconds", "0.2", *options], folder / "log") as server:
            yield Running(server)


class Gateway:
    """`vitrine gateway` with the model in its process and a Redis, which is killed and restarted."""

    path = "/predict"
    pushed: tuple[str, ...] = (INDEX, MODEL_NAME)
    malformed: tuple[bytes, ...] = (
        *_NOT_JSON,
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
                "cache": {"redis": redis.url},
                "log": {"directory": str(folder / "events")},
                "poll_seconds": 0.2,
            }
            with vitrine_gateway(serving, settings, options, folder) as server:
                yield Running(server, (Disturbance("Redis killed and started", redis.restart),))
