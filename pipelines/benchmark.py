"""The benchmark of the latest run: its input artifacts and its output files."""

import csv
import io
import json
import time
from pathlib import Path
from typing import Final

from pipelines.metadata.records import find_output
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings
from vitrine.benchmark.benchmark_json import Benchmark
from vitrine.benchmark.figure import draw
from vitrine.benchmark.run import Inputs, benchmark
from vitrine.benchmark.text import as_markdown
from vitrine.files.replacing import write_text

SERVING: Final = "Format-Serving"
"""TFX's folder of the SavedModel in a Model artifact. Importing TFX for it takes longer than a small benchmark."""


def run_benchmark(settings: RunSettings, directory: RunDirectory, published: bool = False) -> Benchmark:
    """Benchmark the latest run under `directory`, and write the figures into its `benchmark/`.

    `benchmark.json` has all figures, `benchmark.md` and `benchmark.png` show them. `rankings.csv` (nDCG@10 of each
    ranking with its interval) and `metrics.json` (nDCG@10 alone) are for tools that plot and compare.

    Raises:
        DataError: no run has built the search model.
    """
    started = time.monotonic()
    measured = benchmark(_inputs(settings, directory), settings.benchmark, published)
    figures: Benchmark = {"name": settings.name, **measured, "seconds": round(time.monotonic() - started, 1)}
    folder = directory.benchmark
    folder.mkdir(exist_ok=True)
    draw(figures, folder / "benchmark.png")
    write_text(folder / "benchmark.md", as_markdown(figures))
    pools = {name: metrics["ndcg@10"] for name, metrics in figures["rankings"]["pools"].items()}
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["ranking", "ndcg@10", "low", "high"])
    rows.writerows([name, ndcg["value"], ndcg["low"], ndcg["high"]] for name, ndcg in pools.items())
    write_text(folder / "rankings.csv", table.getvalue())
    values = {name: ndcg["value"] for name, ndcg in pools.items()}
    write_text(folder / "metrics.json", json.dumps({"ndcg@10": values}, indent=2) + "\n")
    write_text(folder / "benchmark.json", json.dumps(figures, indent=2) + "\n")
    return figures


def _inputs(settings: RunSettings, directory: RunDirectory) -> Inputs:
    products = find_output(directory, "EmbeddingGen", "product_embeddings")
    return Inputs(
        data=Path(settings.data.dir),
        query_embeddings=find_output(directory, "EmbeddingGen", "query_embeddings").path,
        product_embeddings=products.path,
        fingerprint=str(products.properties.get("fingerprint", "")),
        classifier=find_output(directory, "Trainer", "model").path / SERVING,
        search_model=find_output(directory, "SearchModelGen", "model").path / SERVING,
        validation_share=settings.trainer.validation_share,
        text_fields=settings.embedding.text_fields,
    )
