"""Benchmark of candidates from Milvus, beside those of the index in the graph, through the gateway without HTTP.

    python -m benchmarks.milvus_retrieval --serving DIR --judgements FOLDER [--queries N] [--json FILE]

A pushed search model is asked by two catalogues of one gateway: one whose model finds its candidates, one whose
candidates come from an embedded Milvus, to which the version's products are registered first. Both are re-ranked by
the same model in this process, without a cache. `FOLDER` has judgements whose queries are asked.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from benchmarks.figures import percentile, take_turns
from feature_repo.definitions import definitions
from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.features.offline import Embeddings
from vitrine.features.registration import register
from vitrine.features.settings import FeatureSettings
from vitrine.gateway.cache import Cache
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.ranking import Ranking, rank
from vitrine.gateway.settings import CacheSettings, GatewaySettings
from vitrine.markdown import table
from vitrine.search.index_files import products_file, read_description
from vitrine.search.local_client import INDEX, newest_version

GRAPH: Final = "graph"
MILVUS: Final = "milvus"
BEST: Final = 10


def read_embeddings(serving: Path) -> Embeddings:
    """Return the products of the newest version as EmbeddingGen's table, without any query."""
    index = serving / INDEX / str(newest_version(serving))
    products = parquet.read_table(products_file(index))
    if columns.IMAGE_VECTOR not in products.column_names:
        dimension = products.schema.field(columns.TEXT_VECTOR).type.list_size
        absent = vector_column(np.zeros((len(products), dimension), np.float32))
        products = products.append_column(columns.IMAGE_VECTOR, absent)
    no_query = {columns.QUERY_ID: [""], columns.QUERY: [""], columns.QUERY_VECTOR: products[columns.TEXT_VECTOR][:1]}
    return Embeddings(products, pa.table(no_query), read_description(index).fingerprint)


def read_queries(judgements: Path, count: int) -> list[str]:
    """Return the first distinct queries of the CSV files in a folder."""
    files = [csv.read_csv(file)[columns.QUERY].cast(pa.string()) for file in sorted(judgements.glob("*.csv"))]
    queries: list[str] = pa.chunked_array([chunk for file in files for chunk in file.chunks]).unique().to_pylist()
    return queries[:count]


class Rankings:
    """The rankings of both catalogues, by name and turn."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop, queries: Sequence[RankingQuery]) -> None:
        self._gateway, self._loop, self._queries = gateway, loop, queries
        self.of: dict[str, dict[int, Ranking]] = {name: {} for name in gateway.catalogues}

    def contender(self, name: str) -> Callable[[int], None]:
        """Return a function that ranks for a turn's query, without a cache."""

        def ask(turn: int) -> None:
            query = self._queries[turn % len(self._queries)]
            ranking = rank(self._gateway.catalogues[name], query, Cache(CacheSettings()))
            self.of[name][turn % len(self._queries)] = self._loop.run_until_complete(ranking)

        return ask

    def compare(self) -> dict[str, float]:
        """Return the share of queries with the same best ten, and the largest difference of their scores."""
        pairs = [(self.of[GRAPH][turn], self.of[MILVUS][turn]) for turn in self.of[GRAPH]]
        same = [graph.product_ids[:BEST] == milvus.product_ids[:BEST] for graph, milvus in pairs]
        shared = [len({*graph.product_ids[:BEST]} & {*milvus.product_ids[:BEST]}) for graph, milvus in pairs]
        found = [min(BEST, len(graph.product_ids)) for graph, _ in pairs]
        apart = [
            float(np.abs(graph.score[:BEST] - milvus.score[:BEST]).max(initial=0))
            for (graph, milvus), is_same in zip(pairs, same, strict=True)
            if is_same
        ]
        return {
            "same": float(np.mean(same)),
            "recall": sum(shared) / max(sum(found), 1),
            "apart": max(apart, default=0),
        }


def measure(gateway: Gateway, loop: asyncio.AbstractEventLoop, queries: list[str]) -> dict[str, dict[str, Any]]:
    """Return agreement and milliseconds of both catalogues, by kind of search."""
    version = gateway.catalogues[GRAPH].current
    frequent = Filters(brand=[version.facets.brand[0].value])
    prices = [version.facets.price_min or 0, version.facets.price_max or 0]
    cheap = Filters(price_max=round(float(np.mean(prices)), 2))
    ids = version.products.ids.to_pylist()
    kinds = {
        "text": [RankingQuery("text", text=query) for query in queries],
        "text, one brand": [RankingQuery("text", text=query, filters=frequent) for query in queries],
        "text, the lower half of prices": [RankingQuery("text", text=query, filters=cheap) for query in queries],
        "similar": [RankingQuery("similar", product_id=ids[row * 7 % len(ids)]) for row in range(len(queries))],
    }
    figures = {}
    for kind, asked in kinds.items():
        rankings = Rankings(gateway, loop, asked)
        timings = take_turns({name: rankings.contender(name) for name in (GRAPH, MILVUS)}, len(asked))
        milliseconds = {
            name: [1000 * percentile(timing.clock, share) for share in (0.5, 0.99)] for name, timing in timings.items()
        }
        figures[kind] = rankings.compare() | milliseconds
    return figures


async def start(gateway: Gateway) -> None:
    """Start a gateway, and wait until its catalogues can be searched."""
    await gateway.start()
    while not all(catalogue.is_ready for catalogue in gateway.catalogues.values()):
        await asyncio.sleep(0.1)


def run(serving: Path, queries: list[str], candidates: int) -> dict[str, Any]:
    """Register the products, ask both catalogues, and return the figures."""
    from vitrine.gateway.factory import build_gateway
    from vitrine.gateway.server import local_servables

    with tempfile.TemporaryDirectory() as folder:
        store, online = Path(folder) / "store", {"type": MILVUS}
        registration = register(
            read_embeddings(serving), store, FeatureSettings.model_validate({"online": online}), definitions
        )
        retrieval = {"uri": str(store / "online_store.db"), "candidates": candidates, "timeout_seconds": 60}
        catalogues = {GRAPH: {"serving": serving}, MILVUS: {"serving": serving, "retrieval": retrieval}}
        settings = GatewaySettings.model_validate({"catalogues": catalogues})
        loop = asyncio.new_event_loop()
        with local_servables(settings) as servables:
            gateway = build_gateway(settings, servables)
            loop.run_until_complete(start(gateway))
            figures = measure(gateway, loop, queries)
            loop.run_until_complete(gateway.close())
        loop.close()
    rows, dimension = registration.rows, registration.dimension
    return {"rows": rows, "dimension": dimension, "registered_seconds": registration.seconds, "searches": figures}


def report(results: dict[str, Any]) -> str:
    """Format the figures as Markdown."""
    header = ["search", "same ten", "recall@10", "scores apart", "graph p50 / p99 ms", "Milvus p50 / p99 ms"]
    rows = [
        [
            kind,
            f"{figures['same']:.4f}",
            f"{figures['recall']:.4f}",
            f"{figures['apart']:.1e}",
            *(" / ".join(f"{value:.1f}" for value in figures[name]) for name in (GRAPH, MILVUS)),
        ]
        for kind, figures in results["searches"].items()
    ]
    made = f"{results['rows']}, {results['dimension']} numbers; registered in {results['registered_seconds']:.0f} s"
    return f"{made}\n\n{table(header, rows)}"


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serving", type=Path, required=True)
    parser.add_argument("--judgements", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--candidates", type=int, default=200, help="of each side; the gateway's default")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    results = run(options.serving, read_queries(options.judgements, options.queries), options.candidates)
    print(report(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
