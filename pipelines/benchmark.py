"""The benchmark of the latest run: which artifacts it takes, and where its figures go."""

import csv
import json
from pathlib import Path
from typing import Any, Final

from pipelines.config import Config
from pipelines.lineage import ArtifactRecord, NodeRecord, follow_move, latest_run
from pipelines.local import Places
from vitrine.benchmark.figure import draw
from vitrine.benchmark.run import Inputs, benchmark
from vitrine.benchmark.text import as_markdown
from vitrine.errors import DataError

FOLDER: Final = "benchmark"
SERVING: Final = "Format-Serving"
"""Where a Model artifact has its SavedModel: TFX's name, whose import would take longer than a small benchmark."""


def run_benchmark(config: Config, places: Places, published: bool = False) -> dict[str, Any]:
    """Measure the latest run under `places`, and write the figures into its `benchmark/`.

    `benchmark.json` has all of them, `benchmark.md` and `benchmark.png` are for people, and `rankings.csv` and
    `metrics.json` for tools that plot and compare: nDCG@10 of each ranking with its interval, and alone.

    Raises:
        DataError: there is no run that came as far as the search model.
    """
    figures = {"name": config.name} | benchmark(_inputs(config, places), config.benchmark, published)
    folder = places.output / FOLDER
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


def _inputs(config: Config, places: Places) -> Inputs:
    follow_move(places.metadata, places.artifacts)
    nodes = latest_run(places.metadata) if places.metadata.exists() else {}
    products = _output(nodes, "EmbeddingGen", "product_embeddings", places)
    return Inputs(
        data=Path(config.data.dir),
        query_embeddings=Path(_output(nodes, "EmbeddingGen", "query_embeddings", places).uri),
        product_embeddings=Path(products.uri),
        fingerprint=str(products.properties.get("fingerprint", "")),
        classifier=Path(_output(nodes, "Trainer", "model", places).uri, SERVING),
        search_model=Path(_output(nodes, "SearchModelGen", "model", places).uri, SERVING),
        validation_share=config.trainer.validation_share,
        text_fields=config.embedding.text_fields,
    )


def _output(nodes: dict[str, NodeRecord], node: str, key: str, places: Places) -> ArtifactRecord:
    artifact = nodes[node].output(key) if node in nodes else None
    if artifact is None:
        raise DataError(f"{places.output}: no run came as far as {node}; `vitrine run` must finish first")
    return artifact
