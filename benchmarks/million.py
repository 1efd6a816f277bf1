"""Benchmark of the search model of a large catalogue: building, loading, memory and latency.

    python -m benchmarks.million [--products 1000000] [--dimension 512] [--precision bfloat16] [--index auto]

Each step is a process of its own, so that its memory is its own:

* `make` writes a generated catalogue (see `benchmarks/million_catalogue.py`), an untrained classifier of pairs, and the
  exact neighbours of the measured queries. A `--folder` that has them is used as it is.
* `build` does the work of SearchModelGen: tuning, inverted lists, export, calibration and index files.
* `serve` loads the SavedModel in a session, as TensorFlow Serving does, and calls its signatures. Vectors of queries
  are given: the time of an encoder is in `benchmarks/encoders.py`.

`retrieve` is the signature `search_embedding`, which finds the products. `rank` is `rank_text`, which a gateway calls:
the classifier re-ranks the candidates, too. Filters allow a random share of the products.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from benchmarks.figures import percentile, recall
from benchmarks.process_memory import PeakMemory
from vitrine.markdown import table

SEED: Final = 0
K: Final = 10
BATCH: Final = 64
ROUNDS: Final = 3
"""How often the measured queries are sent in batches."""
FILTERED: Final = 64
"""Number of queries that are sent with each filter."""
SHARES: Final = (0.001, 0.01, 0.1, 0.5, 0.9)
"""Shares of the products that the filters allow."""
CLASSIFIER, MODEL, INDEX, NEIGHBOURS = "classifier", "model", "index", "neighbours.npy"
STEPS: Final = ("make", "build", "serve")


def make(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Write the catalogue, the classifier and the exact neighbours, unless they are there."""
    from benchmarks.million_catalogue import PRODUCTS, VECTORS, write_catalogue
    from benchmarks.serving_model import write_classifier
    from vitrine.data.columns import TEXT_VECTOR
    from vitrine.data.sample.products import make_products
    from vitrine.data.sample.queries import make_queries
    from vitrine.data.sample.settings import SampleSettings
    from vitrine.data.vectors.queries import all_queries
    from vitrine.embeddings.table import EmbeddingTable
    from vitrine.search.index.leading_coordinates import nearest

    if (folder / NEIGHBOURS).exists():
        return {}
    write_catalogue(folder, options.products, options.dimension, SEED)
    sample = SampleSettings(products=2000, queries=300)
    products = make_products(sample)
    queries = [query.text for query in make_queries(products, sample)]
    write_classifier(folder / CLASSIFIER, products, queries, options.dimension, folder / "transform")
    vectors = EmbeddingTable.open(folder / PRODUCTS).vectors[TEXT_VECTOR]
    asked = all_queries(folder / VECTORS).vector
    measured = asked[len(asked) // 2 :]
    np.save(folder / NEIGHBOURS, nearest(measured, vectors, np.zeros(len(vectors), np.float32), K)[1])
    return {}


def build(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Build the search model and its index files."""
    from pyarrow import parquet

    from benchmarks.million_catalogue import JUDGEMENTS, PRODUCTS, QUERIES, VECTORS
    from vitrine.embeddings.table import EmbeddingTable
    from vitrine.encoders.precomputed import PrecomputedEncoder
    from vitrine.search.build.production import SearchModelInputs, produce
    from vitrine.search.products import Products
    from vitrine.search.settings import ProductionSettings, SearchSettings

    search = SearchSettings(index=options.index, precision=options.precision)
    inputs = SearchModelInputs(
        products=Products.read(folder / PRODUCTS),
        queries=EmbeddingTable.open(folder / QUERIES),
        judgements=parquet.read_table(folder / JUDGEMENTS),
        encoder=PrecomputedEncoder(folder / VECTORS),
        classifier=folder / CLASSIFIER,
    )
    produce(inputs, ProductionSettings(search=search), folder / MODEL, folder / INDEX)
    return {
        "products": inputs.products.count,
        "dimension": inputs.products.dimension,
        "faiss": json.loads((folder / INDEX / "index.json").read_text(encoding="utf-8"))["faiss"],
        "disk_mib": sum(file.stat().st_size for file in folder.joinpath(MODEL).rglob("*") if file.is_file()) >> 20,
    }


def serve(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Load the SavedModel and call its signatures."""
    import tensorflow as tf

    from benchmarks.million_catalogue import VECTORS
    from vitrine.data.vectors.queries import all_queries
    from vitrine.saved_model.session import SavedModelSession

    tf.constant(0)  # the runtime's own memory is not the model's
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    model = SavedModelSession(folder / MODEL)
    loaded = time.perf_counter() - started
    with_model = psutil.Process().memory_info().rss
    known = all_queries(folder / VECTORS)
    half = len(known.vector) // 2
    vectors, texts = known.vector[half:], np.array([text.encode() for text in known.query.to_pylist()[half:]], object)
    count = options.products
    retrieve_signature, rank_signature = model.signature("search_embedding"), model.signature("rank_text")

    def retrieve(rows: slice) -> Any:
        return retrieve_signature.run({"embedding": vectors[rows]})["product_id"]

    def rank(rows: slice, allowed: bytes = b"") -> Any:
        masks = np.array([allowed] * len(texts[rows]), object)
        return rank_signature.run({"query": texts[rows], "embedding": vectors[rows], "allowed": masks})

    found = np.array([[int(name[1:]) for name in retrieve(slice(row, row + 1))[0][:K]] for row in range(len(vectors))])
    together = [retrieve(slice(row, row + BATCH))[:, :K] for row in range(0, len(vectors), BATCH)]
    batched = np.array([[int(name[1:]) for name in names] for batch in together for names in batch])
    exact = np.load(folder / NEIGHBOURS)
    ones = [slice(row, row + 1) for row in range(len(vectors))]
    batches = [slice(row, row + BATCH) for row in range(0, len(vectors), BATCH)] * ROUNDS
    latencies = {
        "retrieve, 1": timed(retrieve, ones),
        f"retrieve, {BATCH}": timed(retrieve, batches),
        "rank, 1": timed(rank, ones),
        f"rank, {BATCH}": timed(rank, batches),
    }
    rng = np.random.default_rng(SEED)
    for share in SHARES:
        mask = np.packbits(rng.random(count) < share, bitorder="little").tobytes()
        latencies[f"rank, 1, of {share:.1%} allowed"] = timed(lambda rows, mask=mask: rank(rows, mask), ones[:FILTERED])
    return {
        "load_seconds": loaded,
        "model_mib": (with_model - before) >> 20,
        "recall_1": recall(found, exact),
        f"recall_{BATCH}": recall(batched, exact),
        "latencies": latencies,
    }


def timed(call: Callable[[slice], Any], rows: list[slice]) -> dict[str, float]:
    """Call with each slice; return the milliseconds of a call: half and 99% of them take no longer."""
    call(rows[0])
    seconds, processor = [], time.process_time()
    for each in rows:
        started = time.perf_counter()
        call(each)
        seconds.append(time.perf_counter() - started)
    return {
        "p50_ms": 1000 * statistics.median(seconds),
        "p99_ms": 1000 * percentile(seconds, 0.99),
        "processor_ms": 1000 * (time.process_time() - processor) / len(rows),
    }


def run(folder: Path, arguments: list[str]) -> dict[str, Any]:
    """Run each step in a process of its own; return their figures by step."""
    results = {}
    for step in STEPS:
        command = [sys.executable, "-m", "benchmarks.million", *arguments, "--folder", str(folder), "--step", step]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own command line
        if done.returncode:
            raise SystemExit(f"{step} failed")
        results[step] = json.loads(done.stdout)
    return results


def report(results: dict[str, Any]) -> str:
    """Format the figures as Markdown."""
    built, served = results["build"], results["serve"]
    lines = [
        f"{built['products']:,} products × {built['dimension']}; {built['faiss']}",
        f"built in {built['seconds']:,.0f} s; peak {built['resident']:,} MiB, {built['anonymous']:,} MiB without files",
        f"{built['disk_mib']:,} MiB on disk; loaded in {served['load_seconds']:.1f} s to {served['model_mib']:,} MiB",
        f"recall@{K} {served['recall_1']:.4f}, in batches of {BATCH} {served[f'recall_{BATCH}']:.4f}",
    ]
    rows = [
        [name, *(f"{timing[key]:,.1f}" for key in ("p50_ms", "p99_ms", "processor_ms"))]
        for name, timing in served["latencies"].items()
    ]
    return "\n".join([*lines, "", table(["call", "p50 ms", "p99 ms", "processor ms"], rows)])


def main() -> None:
    """Run the benchmark, or one step of it, and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--precision", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--index", default="auto", choices=["auto", "exact", "ivf"])
    parser.add_argument("--folder", type=Path, help="where the files are kept; by default a temporary folder")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        started = time.perf_counter()
        with PeakMemory(psutil.Process()) as peak:
            figures = globals()[options.step](options.folder, options)
        figures |= {"seconds": time.perf_counter() - started, "resident": peak.resident, "anonymous": peak.anonymous}
        print(json.dumps(figures))
        return
    shared = ["products", "dimension", "precision", "index"]
    arguments = [part for name in shared for part in (f"--{name}", str(getattr(options, name)))]
    with tempfile.TemporaryDirectory() as temporary:
        results = run(options.folder or Path(temporary), arguments)
    print(report(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
