"""Benchmark of the search model of a large catalogue: building, loading, memory and latency.

    python -m benchmarks.million [--products 1000000] [--dimension 512] [--precision bfloat16] [--index auto]

Each step is a process of its own, so that its memory is its own:

* `make` writes a generated catalogue (see `benchmarks/million_catalogue.py`), an untrained classifier of pairs, and the
  exact neighbours of the measured queries. A `--folder` that has them is used as it is.
* `build` does the work of SearchModelGen: tuning, inverted lists, export, calibration and index files.
* `serve` loads the SavedModel in a session, as TensorFlow Serving does, and calls its signatures. Vectors of queries
  are given: the time of an encoder is in `benchmarks/encoders.py`.

`retrieve` is the signature `search_embedding`, which finds the products. `rank` is `rank_text`, which a gateway calls:
the classifier re-ranks the candidates, too. `similar` is `rank_similar`. Filters allow a random share of the products,
or of the categories, which are clusters of vectors; their recall is that of the candidates.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil

from benchmarks.process_memory import PeakMemory
from vitrine.markdown import table

SEED: Final = 0
K: Final = 10
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
    """Build the search model and its index files, with memory allocated as in a local run."""
    from pipelines.released_memory import use_system_allocator

    use_system_allocator()
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


def serve(folder: Path, _options: argparse.Namespace) -> dict[str, Any]:
    """Load the SavedModel and call its signatures."""
    from benchmarks import million_serving

    return million_serving.serve(folder, folder / MODEL, folder / NEIGHBOURS)


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
        f"built in {built['seconds']:,.0f} s, {built['processor_seconds']:,.0f} s of processors",
        f"peak memory of building {built['resident']:,} MiB, {built['anonymous']:,} MiB without mapped files",
        f"{built['disk_mib']:,} MiB on disk; loaded in {served['load_seconds']:.1f} s to {served['model_mib']:,} MiB",
    ]
    rows = [
        [
            name,
            f"{call['recall']:.4f}" if "recall" in call else "",
            *(f"{call[key]:,.1f}" for key in ("p50_ms", "p99_ms", "processor_ms")),
        ]
        for name, call in served["calls"].items()
    ]
    return "\n".join([*lines, "", table(["call", "recall@10", "p50 ms", "p99 ms", "processor ms"], rows)])


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
        step = {"make": make, "build": build, "serve": serve}[options.step]
        started = time.perf_counter()
        with PeakMemory(psutil.Process()) as peak:
            figures = step(options.folder, options)
        figures |= {"seconds": time.perf_counter() - started, "processor_seconds": time.process_time()}
        figures |= {"resident": peak.resident, "anonymous": peak.anonymous}
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
