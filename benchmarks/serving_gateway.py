"""Benchmark of the gateway's overhead: queries over HTTP beside the model signatures that they need.

All contenders use the same small model and queries, one request at a time, by turns. The signatures are called in a
session of this process; the gateways are processes of their own, one with defaults and one with a Redis and an event
log. Each turn sends a new query, which is embedded and ranked; then the query within one category, with its vector
cached; and then the query again, with its ranking cached.

The overhead is the time of a request beyond its signatures: HTTP, JSON, checks, rewriting, filters, cache,
explanations, logs, threads and, because the session is in another process, the differences between the two processes.
The part of HTTP is the time of `GET /health`, which does nothing else.
"""

import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.figures import percentile, take_turns
from benchmarks.redis_server import RedisServer, running_redis
from benchmarks.serving_load import Connection, Target
from benchmarks.serving_model import QUERIES, Shop, make_shop
from benchmarks.serving_processes import HOST, Server, vitrine_gateway
from vitrine.gateway.catalogue.product_table import ProductTable, pack_mask
from vitrine.gateway.schemas.filters import Filters
from vitrine.markdown import table
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.index_files import products_file
from vitrine.search.local_client import INDEX
from vitrine.serving.lifecycle.servable import Servable

UNCOUNTED: Final = 20
"""Turns at the start that do not count."""
TURNS: Final = QUERIES - UNCOUNTED
SIGNATURES: Final = {
    "words": "embed and rank",
    "words, with Redis and event log": "embed and rank",
    "the same in one category": "rank in one category",
    "the same again": None,
    "the same again, with facets": None,
    "whether it lives (`GET /health`)": None,
}
"""The signatures that each request needs, by the names of `calls_of`."""

Call = Callable[[int], Any]
"""A function that sends the request of a turn, by its number."""


def run(products: int) -> dict[str, Any]:
    """Build the model, start the gateways, and measure all contenders by turns, with a new query each turn."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, "small")
        with (
            running_redis() as redis,
            vitrine_gateway(shop.serving, {}, [], folder / "plain") as plain,
            vitrine_gateway(shop.serving, logging_settings(folder, redis), [], folder / "logging") as logging,
        ):
            timings = take_turns(calls_of(shop, plain, logging), TURNS, UNCOUNTED)
    return {
        "products": products,
        "queries": TURNS,
        "ms": {name: [1000 * second for second in timing.clock] for name, timing in timings.items()},
    }


def logging_settings(folder: Path, redis: RedisServer) -> dict[str, Any]:
    """Return the settings of a gateway with a cache in `redis` and an event log in `folder`."""
    return {"cache": {"redis": redis.url}, "log": {"directory": str(folder / "events")}}


def calls_of(shop: Shop, plain: Server, logging: Server) -> dict[str, Call]:
    """Return the contenders, in the order of their turns."""
    index = ProductTable.read(products_file(shop.serving / INDEX / "1"))
    filters = Filters(category=[index.facets().category[0].value])
    servable = Servable.load(MODEL_NAME, 1, shop.serving / MODEL_NAME / "1")
    embed, rank = servable.signature("embed_text"), servable.signature("rank_text")
    texts = [np.array([text.encode()], object) for text in shop.queries]
    vectors = [embed.run({"query": text})["embedding"] for text in texts]
    everything, category = (np.array([pack_mask(index.mask(filter_))], object) for filter_ in (Filters(), filters))

    def embed_and_rank(turn: int) -> Any:
        embedding = embed.run({"query": texts[turn]})["embedding"]
        return rank.run({"query": texts[turn], "embedding": embedding, "allowed": everything})

    def rank_in_category(turn: int) -> Any:
        return rank.run({"query": texts[turn], "embedding": vectors[turn], "allowed": category})

    def request_to(gateway: Server, options: dict[str, Any]) -> Call:
        bodies = [json.dumps({"query": text} | options) for text in shop.queries]
        connection = Connection(Target(HOST, gateway.port, "/predict", bodies))
        return lambda turn: connection.send(bodies[turn])

    health = Connection(Target(HOST, plain.port, "/health", []))
    return {
        "embed and rank": embed_and_rank,
        "words": request_to(plain, {}),
        "words, with Redis and event log": request_to(logging, {}),
        "rank in one category": rank_in_category,
        "the same in one category": request_to(plain, {"filters": filters.model_dump(exclude_defaults=True)}),
        "the same again": request_to(plain, {}),
        "the same again, with facets": request_to(plain, {"facets": True}),
        "whether it lives (`GET /health`)": lambda _: health.send(),
    }


def report(result: dict[str, Any]) -> str:
    """Format the figures as Markdown."""
    about = f"{result['products']:,} products, {result['queries']} queries"
    rows = []
    for request, signatures in SIGNATURES.items():
        whole = result["ms"][request]
        computed = result["ms"][signatures] if signatures else [0.0] * len(whole)
        beyond = [total - part for total, part in zip(whole, computed, strict=True)]
        spread = f"{percentile(beyond, 0.1):.2f} – {percentile(beyond, 0.9):.2f}"
        rows.append(
            [request, f"{statistics.median(whole):.2f}", f"{statistics.median(computed):.2f}",
             f"{statistics.median(beyond):.2f}", spread]
        )  # fmt: skip
    head = ["request", "ms", "of it in signatures", "overhead", "a tenth – nine tenths"]
    return "\n\n".join([about, table(head, rows)])
