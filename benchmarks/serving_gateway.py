"""What the gateway adds to a search: queries over HTTP beside the model's signatures that they need.

The same small model and queries, one request at a time, all by turns. The signatures are called in a session of this
process; the gateways are processes of their own, one with defaults and one with a Redis and an event log. In its turn a
query is asked for the first time, and is embedded and ranked; then within one category, for which its vector is kept
but a ranking is to be computed; then again, and its ranking is kept, too.

The overhead is what a request takes beyond its signatures: HTTP, JSON, checks, rewriting, filters, cache, explanations,
logs, threads and, since the session is called from another process, whatever differs between the two. What HTTP takes
of it, `GET /health` tells, for which there is nothing else to do.
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
from vitrine.gateway.schemas import Filters
from vitrine.markdown import table
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.index_files import VECTORS
from vitrine.search.local_client import INDEX
from vitrine.serving.lifecycle.servable import Servable

UNSEEN: Final = 20
"""Turns that do not count."""
TURNS: Final = QUERIES - UNSEEN
SIGNATURES: Final = {
    "words": "embed and rank",
    "words, with Redis and event log": "embed and rank",
    "the same in one category": "rank in one category",
    "the same again": None,
    "the same again, with facets": None,
    "whether it lives (`GET /health`)": None,
}
"""What each request has to compute, by the names of `calls_of`."""

Call = Callable[[int], Any]
"""Makes the request of a turn, by its number."""


def run(products: int) -> dict[str, Any]:
    """Build the model, start the gateways, and let all take turns, each turn with another query."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shop = make_shop(folder, products, "small")
        with (
            running_redis() as redis,
            vitrine_gateway(shop.serving, {}, [], folder / "plain") as plain,
            vitrine_gateway(shop.serving, logging_to(folder, redis), [], folder / "logging") as logging,
        ):
            timings = take_turns(calls_of(shop, plain, logging), TURNS, UNSEEN)
    return {
        "products": products,
        "queries": TURNS,
        "ms": {name: [1000 * second for second in timing.clock] for name, timing in timings.items()},
    }


def logging_to(folder: Path, redis: RedisServer) -> dict[str, Any]:
    """Settings of a gateway that keeps what it computes in `redis`, too, and its searches below `folder`."""
    return {"cache": {"redis": redis.url}, "log": {"directory": str(folder / "events")}}


def calls_of(shop: Shop, plain: Server, logging: Server) -> dict[str, Call]:
    """What takes turns, in this order."""
    index = ProductTable.read(shop.serving / INDEX / "1" / VECTORS)
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

    def asked(gateway: Server, more: dict[str, Any]) -> Call:
        bodies = [json.dumps({"query": text} | more) for text in shop.queries]
        connection = Connection(Target(HOST, gateway.port, "/predict", bodies))
        return lambda turn: connection.ask(bodies[turn])

    health = Connection(Target(HOST, plain.port, "/health", []))
    return {
        "embed and rank": embed_and_rank,
        "words": asked(plain, {}),
        "words, with Redis and event log": asked(logging, {}),
        "rank in one category": rank_in_category,
        "the same in one category": asked(plain, {"filters": filters.model_dump(exclude_defaults=True)}),
        "the same again": asked(plain, {}),
        "the same again, with facets": asked(plain, {"facets": True}),
        "whether it lives (`GET /health`)": lambda _: health.ask(),
    }


def report(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    about = f"{result['products']:,} products, {result['queries']} queries"
    rows = []
    for request, signatures in SIGNATURES.items():
        whole = result["ms"][request]
        computed = result["ms"][signatures] if signatures else [0.0] * len(whole)
        beyond = [one - other for one, other in zip(whole, computed, strict=True)]
        spread = f"{percentile(beyond, 0.1):.2f} – {percentile(beyond, 0.9):.2f}"
        rows.append(
            [request, f"{statistics.median(whole):.2f}", f"{statistics.median(computed):.2f}",
             f"{statistics.median(beyond):.2f}", spread]
        )  # fmt: skip
    head = ["request", "ms", "of it in signatures", "overhead", "a tenth – nine tenths"]
    return "\n\n".join([about, table(head, rows)])
