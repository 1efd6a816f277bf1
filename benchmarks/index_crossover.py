"""Benchmark of exact search and inverted lists on growing catalogues: from which size the lists are the default.

    python -m benchmarks.index_crossover [--products 5000 10000 20000 50000 100000 200000] [--dimension 512]

Both are `vitrine.search.model.retriever` over generated catalogues (see `benchmarks/million_catalogue.py`), exported
and called in a session, and take turns on the same queries. Both return as many candidates as the search model
re-ranks by default.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from benchmarks.figures import recall, take_turns
from benchmarks.million_catalogue import PRODUCTS, VECTORS, write_catalogue
from benchmarks.retrieval import export, searching_with
from benchmarks.retrieval_vectors import Vectors
from vitrine.data.columns import PRODUCT_ID, TEXT_VECTOR
from vitrine.data.vectors.queries import all_queries
from vitrine.embeddings.table import EmbeddingTable
from vitrine.markdown import table
from vitrine.search.index.entry_lists import measured_index
from vitrine.search.index.inverted_lists import build_lists, with_links
from vitrine.search.index.leading_coordinates import nearest
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.model.retriever import Retriever
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchSettings

K: Final = 10
BATCH: Final = 64
TURNS: Final = 60
SETTINGS: Final = SearchSettings(index="ivf")


def measure(vectors: Vectors, tuning: Vectors, queries: Vectors, precision: str) -> dict[str, Any]:
    """Time both searches over the products `vectors` [N, D] for one query and for a batch."""
    count, dimension = vectors.shape
    ids = pa.table({PRODUCT_ID: [str(row) for row in range(count)]})
    products = Products.of(ids, vectors, None, np.ones(count), np.zeros(count))
    started = time.perf_counter()
    lists = build_lists(vectors, np.zeros(count, np.float32), tuning, SETTINGS)
    index = measured_index(with_links(lists, SETTINGS), SETTINGS)
    built = time.perf_counter() - started
    stored = StoredVectors(products, precision)
    retrievers = {"exact": Retriever(stored, Fusion()), "ivf": Retriever(stored, Fusion(), index)}
    searches = {
        name: searching_with(export(retriever, dimension, count=SETTINGS.candidates)[0].signature("serving_default"))
        for name, retriever in retrievers.items()
    }
    result: dict[str, Any] = {"products": count, "built": built, "entries": index.entries}
    for batch in (1, BATCH):
        calls = {
            name: lambda turn, search=search, batch=batch: search(
                np.take(queries, range(turn * batch, (turn + 1) * batch), 0, mode="wrap")
            )
            for name, search in searches.items()
        }
        timings = take_turns(calls, TURNS if batch == 1 else TURNS // 4)
        result |= {f"{name}_{batch}": 1000 * statistics.median(timing.clock) for name, timing in timings.items()}
    expected = nearest(queries, vectors, np.zeros(count, np.float32), K)[1]
    result["recall"] = recall(np.concatenate([searches["ivf"](query[None])[:, :K] for query in queries]), expected)
    return result


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = [5_000, 10_000, 20_000, 50_000, 100_000, 200_000]
    parser.add_argument("--products", type=int, nargs="+", default=sizes)
    parser.add_argument("--dimension", type=int, default=512)
    options = parser.parse_args()
    rows = []
    for count in options.products:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write_catalogue(folder, count, options.dimension)
            vectors = np.array(EmbeddingTable.open(folder / PRODUCTS).vectors[TEXT_VECTOR])
            tuning, queries = np.split(all_queries(folder / VECTORS).vector, 2)
        for precision in ("float32", "bfloat16"):
            figures = measure(vectors, tuning, queries, precision)
            times = [f"{figures[f'{name}_{batch}']:.2f}" for batch in (1, BATCH) for name in ("exact", "ivf")]
            about = [f"{figures['recall']:.4f}", str(figures["entries"]), f"{figures['built']:.1f}"]
            rows.append([f"{count:,}", precision, *times, *about])
            print(*rows[-1], sep="  ", flush=True)
    head = ["products", "precision", "exact, 1", "IVF, 1", f"exact, {BATCH}", f"IVF, {BATCH}"]
    print(table([*head, "recall@10 of IVF", "lists entered", "built in s"], rows))


if __name__ == "__main__":
    main()
