"""What a soak can be of: `vitrine serve`, or `vitrine gateway` with a Redis."""

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
                "cache": {"redis": redis.url},
                "log": {"directory": str(folder / "events")},
                "poll_seconds": 0.2,
            }
            with vitrine_gateway(serving, settings, options, folder) as server:
                yield Running(server, (Disturbance("Redis killed and started", redis.restart),))
