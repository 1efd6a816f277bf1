"""The benchmark of the latest run: which artifacts it takes, and where its figures go."""

import csv
import json
from pathlib import Path
from typing import Any, Final

from pipelines.metadata.records import find_output
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings
from vitrine.benchmark.figure import draw
from vitrine.benchmark.run import Inputs, benchmark
from vitrine.benchmark.text import as_markdown

FOLDER: Final = "benchmark"
SERVING: Final = "Format-Serving"
"""Where a Model artifact has its SavedModel: TFX's name, whose import would take longer than a small benchmark."""


def run_benchmark(config: RunSettings, directory: RunDirectory, published: bool = False) -> dict[str, Any]:
    """Measure the latest run under `directory`, and write the figures into its `benchmark/`.

    `benchmark.json` has all of them, `benchmark.md` and `benchmark.png` are for people, and `rankings.csv` and
    `metrics.json` for tools that plot and compare: nDCG@10 of each ranking with its interval, and alone.

    Raises:
        DataError: there is no run that came as far as the search model.
    """
    figures = {"name": config.name} | benchmark(_inputs(config, directory), config.benchmark, published)
    folder = directory.output / FOLDER
    folder.mkdir(exist_ok=True)
    draw(figures, folder / "benchmark.png")
    (folder / "benchmark.md").write_text(as_markdown(figures), encoding="utf-8")
    pools = {name: metrics["ndcg@10"] for name, metrics in figures["rankings"]["pools"].items()}
    with (folder / "rankings.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ranking", "ndcg@10", "low", "high"])
        rows.writerows([name, one["value"], one["low"], one["high"]] for name, one in pools.items())
    flat = {name: one["value"] for name, one in pools.items()}
    (folder / "metrics.json").write_text(json.dumps({"ndcg@10": flat}, indent=2) + "\n", encoding="utf-8")
    (folder / "benchmark.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return figures


def _inputs(config: RunSettings, directory: RunDirectory) -> Inputs:
    products = find_output(directory, "EmbeddingGen", "product_embeddings")
    return Inputs(
        data=Path(config.data.dir),
        query_embeddings=find_output(directory, "EmbeddingGen", "query_embeddings").path,
        product_embeddings=products.path,
        fingerprint=str(products.properties.get("fingerprint", "")),
        classifier=find_output(directory, "Trainer", "model").path / SERVING,
        search_model=find_output(directory, "SearchModelGen", "model").path / SERVING,
        validation_share=config.trainer.validation_share,
        text_fields=config.embedding.text_fields,
    )
