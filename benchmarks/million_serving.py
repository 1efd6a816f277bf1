"""The step `serve` of `benchmarks/million.py`: loading of the search model, its memory, latency and recall."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa

from benchmarks.figures import percentile, recall
from benchmarks.million_catalogue import PRODUCTS, VECTORS, product_id
from vitrine.data.columns import TEXT_VECTOR
from vitrine.data.vectors.queries import all_queries
from vitrine.embeddings.table import EmbeddingTable
from vitrine.saved_model.session import SavedModelSession
from vitrine.search.row_blocks import row_blocks

K: Final = 10
BATCH: Final = 64
ROUNDS: Final = 3
"""Number of times that the queries are sent in batches."""
FILTERED: Final = 64
"""Number of queries that are sent with each filter."""
SHARES: Final = (0.001, 0.01, 0.05, 0.1, 0.5, 0.9)
CATEGORIES: Final = (0.1, 0.5)
"""Shares of the products and of the categories that the filters allow."""
SEED: Final = 0

Rows = npt.NDArray[np.int64]


class Served:
    """The search model in a session, and the second half of the queries, which are those to measure."""

    def __init__(self, model: SavedModelSession, folder: Path) -> None:
        known = all_queries(folder / VECTORS)
        half = len(known.vector) // 2
        texts = known.query.to_pylist()[half:]
        self.vectors, self._texts = known.vector[half:], np.array([text.encode() for text in texts], object)
        names = ("search_embedding", "rank_text", "rank_similar")
        self._retrieve, self._rank, self._similar = (model.signature(name) for name in names)

    def retrieve(self, queries: slice) -> Rows:
        """Find the products of some queries, by vector alone."""
        return rows_of(self._retrieve.run({"embedding": self.vectors[queries]})["product_id"])

    def rank(self, queries: slice, allowed: bytes = b"") -> Rows:
        """Find and re-rank the candidates of some queries; `allowed` is a packed mask."""
        masks = np.array([allowed] * len(self._texts[queries]), object)
        given = {"query": self._texts[queries], "embedding": self.vectors[queries], "allowed": masks}
        return rows_of(self._rank.run(given)["product_id"])

    def similar(self, product: int) -> Rows:
        """Find and re-rank the products similar to one."""
        ids = np.array([product_id(product).encode()], object)
        return rows_of(self._similar.run({"product_id": ids, "allowed": np.array([b""], object)})["product_id"])


def serve(folder: Path, model: Path, neighbours: Path) -> dict[str, Any]:
    """Load the SavedModel, measure it, and compare its answers with the exact `neighbours`."""
    import tensorflow as tf

    tf.constant(0)  # the runtime's own memory is not the model's
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    session = SavedModelSession(model)
    loaded, with_model = time.perf_counter() - started, psutil.Process().memory_info().rss
    served, exact = Served(session, folder), np.load(neighbours)
    single = [slice(row, row + 1) for row in range(len(exact))]
    batches = list(row_blocks(len(exact), BATCH))
    calls = {
        "retrieve": timed(served.retrieve, single),
        f"retrieve, {BATCH} queries": timed(served.retrieve, batches * ROUNDS),
        "rank": timed(served.rank, single),
        f"rank, {BATCH} queries": timed(served.rank, batches * ROUNDS),
        "similar": timed(served.similar, exact[:FILTERED, 0].tolist()),
    }
    for name, batch in {"retrieve": single, f"retrieve, {BATCH} queries": batches}.items():
        calls[name]["recall"] = recall(np.concatenate([served.retrieve(queries)[:, :K] for queries in batch]), exact)
    products = EmbeddingTable.open(folder / PRODUCTS)
    vectors, asked = products.vectors[TEXT_VECTOR], served.vectors[:FILTERED]
    scores = np.concatenate([asked @ vectors[block].T for block in row_blocks(len(vectors))], axis=1)
    for name, mask in masks(products.rows.table["category"]).items():
        packed = np.packbits(mask, bitorder="little").tobytes()
        call = timed(lambda queries, packed=packed: served.rank(queries, packed), single[:FILTERED])
        best = np.argpartition(np.where(mask, -scores, np.inf), K, axis=1)[:, :K]
        candidates = np.concatenate([served.rank(queries, packed) for queries in single[:FILTERED]])
        calls[f"rank, {name}"] = call | {"recall": recall(candidates, best)}
    return {"load_seconds": loaded, "model_mib": (with_model - before) >> 20, "calls": calls}


def timed(call: Callable[[Any], Any], given: Sequence[Any]) -> dict[str, float]:
    """Call with each of `given`; return the milliseconds of a call: half and 99% of the calls take no longer."""
    call(given[0])
    seconds, processor = [], time.process_time()
    for each in given:
        started = time.perf_counter()
        call(each)
        seconds.append(time.perf_counter() - started)
    processor = time.process_time() - processor
    return {
        "p50_ms": 1000 * statistics.median(seconds),
        "p99_ms": 1000 * percentile(seconds, 0.99),
        "processor_ms": 1000 * processor / len(given),
    }


def masks(categories: pa.ChunkedArray) -> dict[str, npt.NDArray[np.bool_]]:
    """Return what filters allow, bool [N] each: random products, or those of random categories."""
    rng = np.random.default_rng(SEED)
    allowed = {f"{share:.1%} allowed": rng.random(len(categories)) < share for share in SHARES}
    encoded = categories.combine_chunks().dictionary_encode()
    for share in CATEGORIES:
        of_category = rng.random(len(encoded.dictionary)) < share
        allowed[f"{share:.0%} of the categories allowed"] = of_category[encoded.indices.to_numpy()]
    return allowed


def rows_of(ids: npt.NDArray[np.generic]) -> Rows:
    """Return the rows of product ids, int64 of their shape; -1 where there is none."""
    rows = [int(name[1:]) if name else -1 for name in ids.ravel().tolist()]
    return np.array(rows, np.int64).reshape(ids.shape)
