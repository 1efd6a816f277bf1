"""Benchmark of exact and inverted-list search in a SavedModel beside FAISS, on the same vectors and queries.

Our contenders are `vitrine.search.model.retriever`, exported and called through a session as in TF Serving. FAISS gets
our inverted lists, and probes as many as ours without links. HNSW gets the smallest `efSearch` of a few that reaches
the recall on the tuning queries. See `benchmarks/retrieval_vectors.py` for the vectors. All contenders use all cores
and take turns; ratios are medians of the ratios within each turn.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import faiss
import numpy as np
import pyarrow as pa
import tensorflow as tf

from benchmarks.figures import Timing, ratio, recall, take_turns
from benchmarks.retrieval_vectors import Catalogue, Vectors, make_catalogue, real_vectors
from vitrine.data.columns import PRODUCT_ID
from vitrine.markdown import table
from vitrine.saved_model.session import SavedModelSession, Signature
from vitrine.search.index.entry_lists import measured_index
from vitrine.search.index.inverted_lists import InvertedLists, build_lists, with_links
from vitrine.search.index.stored_vectors import StoredVectors
from vitrine.search.model.retriever import Retriever
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchSettings

K: Final = 10
BATCH: Final = 64
SETTINGS: Final = SearchSettings(index="ivf")
NEIGHBOURS: Final = 32
EF_SEARCH: Final = (32, 64, 128, 256, 512)
"""HNSW: links of a product, and how many candidates a search keeps."""

Search = Callable[[Vectors], np.ndarray]


class Contender(NamedTuple):
    """A search: `search` returns rows int [Q, K] for queries float32 [Q, D]; `mebibytes` is the stored size."""

    search: Search
    mebibytes: float
    build_seconds: float


def export(
    module: Retriever, dimension: int, entries: dict[str, int] | None = None, count: int = K
) -> tuple[SavedModelSession, float]:
    """Export `module`, finding `count` products, with a signature for each number of `entries`.

    Returns:
        A session, and the size in MiB.
    """

    def signature(entered: int | None) -> Any:
        def search(query: tf.Tensor) -> dict[str, tf.Tensor]:
            if entered and module.index:
                module.index.entries = entered
            return {"rows": module.candidates(query, count)[0]}

        return tf.function(search, input_signature=[tf.TensorSpec([None, dimension], tf.float32, name="query")])

    signatures = {name: signature(probed) for name, probed in (entries or {"serving_default": None}).items()}
    with tempfile.TemporaryDirectory() as temporary:
        tf.saved_model.save(module, temporary, signatures=signatures)
        size = sum(file.stat().st_size for file in Path(temporary).rglob("*") if file.is_file()) / 2**20
        return SavedModelSession(Path(temporary)), size


def searching_with(signature: Signature) -> Search:
    """Return a search that calls a signature."""
    return lambda queries: signature.run({"query": queries})["rows"]


def ours(catalogue: Catalogue) -> tuple[dict[str, Contender], dict[int, Search], InvertedLists, int]:
    """Build our contenders; return them, searches by number of lists to enter, the lists, and the chosen number."""
    count, dimension = catalogue.products.shape
    table = pa.table({PRODUCT_ID: [str(row) for row in range(count)]})
    products = Products.of(table, catalogue.products, None, np.ones(count), np.zeros(count))
    contenders = {}
    for precision in ("float32", "bfloat16"):
        started = time.perf_counter()
        servable, size = export(Retriever(StoredVectors(products, precision), Fusion()), dimension)
        call = searching_with(servable.signature("serving_default"))
        contenders[f"Vitrine exact, {precision}"] = Contender(call, size, time.perf_counter() - started)
    unlinked = SETTINGS.model_copy(update={"links": 0})
    for name, settings in {" without links": unlinked, "": SETTINGS}.items():
        started = time.perf_counter()
        lists = build_lists(catalogue.products, np.zeros(count, np.float32), catalogue.tuning, settings)
        index = measured_index(with_links(lists, settings), settings)
        took = time.perf_counter() - started
        chosen = index.entries
        tried = sorted({max(1, round(chosen * share)) for share in (1 / 4, 1 / 2, 1, 2, 4)})
        for precision in ("bfloat16", "float32"):
            retriever = Retriever(StoredVectors(products, precision), Fusion(), index)
            servable, size = export(retriever, dimension, {f"entries_{n}": n for n in tried})
            by_entries = {number: searching_with(servable.signature(f"entries_{number}")) for number in tried}
            contenders[f"Vitrine IVF{name}, {precision}"] = Contender(by_entries[chosen], size, took)
    return contenders, by_entries, lists, chosen


def theirs(catalogue: Catalogue, lists: InvertedLists, hnsw: bool) -> dict[str, Contender]:
    """Build FAISS's contenders."""
    made: dict[str, Callable[[], faiss.Index]] = {
        "FAISS IndexFlatIP": lambda: flat(catalogue.products),
        "FAISS IndexIVFFlat, the same lists": lambda: same_lists(catalogue.products, lists),
    }
    if hnsw:
        made["FAISS IndexHNSWFlat"] = lambda: graph(catalogue)
    contenders = {}
    for name, make in made.items():
        started = time.perf_counter()
        index = make()
        took = time.perf_counter() - started
        size = faiss.serialize_index(index).nbytes / 2**20
        contenders[name] = Contender(lambda queries, index=index: index.search(queries, K)[1], size, took)
    return contenders


def flat(products: Vectors) -> faiss.Index:
    """Build an exact index."""
    index = faiss.IndexFlatIP(products.shape[1])
    index.add(products)
    return index


def same_lists(products: Vectors, lists: InvertedLists) -> faiss.Index:
    """Build an IVF index with our centroids, rotated back, and our assignment of products to lists."""
    centroids, assigned = np.ascontiguousarray(lists.centroids[:, :-1]), lists.partition.assigned
    quantizer = flat(centroids)
    index = faiss.IndexIVFFlat(quantizer, products.shape[1], len(centroids), faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True
    index.add_core(len(products), faiss.swig_ptr(products), None, faiss.swig_ptr(assigned))
    index.nprobe = lists.partition.probes
    index.referenced_objects = [quantizer]
    return index


def graph(catalogue: Catalogue) -> faiss.Index:
    """Build an HNSW index with the smallest `efSearch` that reaches the recall."""
    index = faiss.IndexHNSWFlat(catalogue.products.shape[1], NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.add(catalogue.products)
    expected = nearest(catalogue.products, catalogue.tuning)
    for index.hnsw.efSearch in EF_SEARCH:
        if recall(index.search(catalogue.tuning, K)[1], expected) >= SETTINGS.recall:
            break
    return index


def nearest(products: Vectors, queries: Vectors) -> np.ndarray:
    """Return the rows of the K best products of each query by exact search, int64 [Q, K]."""
    return np.argsort(-(queries @ products.T), axis=1)[:, :K]


def measure(contenders: dict[str, Search], queries: Vectors, batch: int, turns: int) -> dict[str, Timing]:
    """Time all contenders on the same `batch` queries in each turn."""
    calls = {
        name: (
            lambda turn, search=search: search(
                np.take(queries, range(turn * batch, (turn + 1) * batch), 0, mode="wrap")
            )
        )
        for name, search in contenders.items()
    }
    return take_turns(calls, turns)


def describe(name: str, timing: Timing, base: Timing) -> dict[str, Any]:
    """Return the figures of a contender in milliseconds, with its ratio to the first one."""
    clock = sorted(1000 * second for second in timing.clock)
    return {
        "contender": name,
        "median_ms": statistics.median(clock),
        "tenth_ms": clock[len(clock) // 10],
        "ninth_ms": clock[len(clock) * 9 // 10],
        "processor_ms": 1000 * statistics.median(timing.processor),
        "ratio": ratio(base.clock, timing.clock),
    }


def run(products: int, turns: int, hnsw: bool = True) -> dict[str, Any]:
    """Build all contenders over `products` products and measure them."""
    catalogue = make_catalogue(real_vectors(), products)
    contenders, by_entries, lists, entries = ours(catalogue)
    contenders |= theirs(catalogue, lists, hnsw)
    expected = nearest(catalogue.products, catalogue.queries)
    result: dict[str, Any] = {
        "products": products,
        "lists": len(lists.partition.centroids),
        "probes": lists.partition.probes,
        "entries": entries,
        "leading": lists.leading.width,
        "shortlist": lists.leading.shortlist,
        "stored": [
            {"contender": name, "mebibytes": contender.mebibytes, "build_seconds": contender.build_seconds}
            for name, contender in contenders.items()
        ],
    }
    searches = {name: contender.search for name, contender in contenders.items()}
    for batch, count in ((1, turns), (BATCH, max(3, turns // 10))):
        timings = measure(searches, catalogue.queries, batch, count)
        base = next(iter(timings.values()))
        result[f"batch_{batch}"] = [
            describe(name, timing, base)
            | {"recall": recall(search_in_batches(searches[name], catalogue.queries, batch), expected)}
            for name, timing in timings.items()
        ]
    exact = next(iter(searches.items()))
    tried = dict([exact]) | {f"{count}": search for count, search in by_entries.items()}
    timings = measure(tried, catalogue.queries, 1, turns)
    base = timings[exact[0]]
    result["by_entries"] = [
        describe(name, timing, base)
        | {"recall": recall(search_in_batches(tried[name], catalogue.queries, 1), expected)}
        for name, timing in timings.items()
        if name != exact[0]
    ]
    return result


def search_in_batches(search: Search, queries: Vectors, batch: int) -> np.ndarray:
    """Search all `queries` in batches."""
    return np.concatenate([search(queries[start : start + batch]) for start in range(0, len(queries), batch)])


def report(result: dict[str, Any]) -> str:
    """Format the figures as Markdown tables."""
    stored = {row["contender"]: row for row in result["stored"]}
    about = "{products:,} products in {lists:,} lists, of which {probes} are probed without links and {entries} with; "
    lines = [(about + "{leading} leading coordinates, a shortlist of {shortlist}.").format(**result)]
    for batch in (1, BATCH):
        rows = [
            [
                row["contender"], f"{row['median_ms']:.2f}", f"{row['tenth_ms']:.2f} – {row['ninth_ms']:.2f}",
                f"{row['processor_ms']:.2f}", f"{row['ratio']:.3f}×", f"{row['recall']:.4f}",
                f"{stored[row['contender']]['mebibytes']:,.0f}", f"{stored[row['contender']]['build_seconds']:,.0f}",
            ]
            for row in result[f"batch_{batch}"]
        ]  # fmt: skip
        head = [
            f"{batch} at a time",
            "ms",
            "a tenth – nine tenths",
            "processor ms",
            "ratio",
            "recall@10",
            "MiB",
            "built in s",
        ]
        lines += ["", table(head, rows)]
    rows = [
        [row["contender"], f"{row['recall']:.4f}", f"{row['median_ms']:.2f}", f"{row['ratio']:.3f}×"]
        for row in result["by_entries"]
    ]
    return "\n".join([*lines, "", table(["lists entered", "recall@10", "ms", "ratio to exact"], rows)])
