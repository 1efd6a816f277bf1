"""Benchmark of the measurement of a language model's agreement with people.

    python -m benchmarks.llm_agreement --data DIR [--queries N] [--noise SHARE ...] [--json FILE]

DIR is a prepared data folder with judgements of people, such as CrowdFlower's. The model is an endpoint on loopback
that knows the labels and gives another one for a share of the pairs, so that the figures show that judging measures
what it should, and what it costs; they are no figures of a language model.
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from benchmarks.label_endpoint import LabelEndpoint, noisy, pair_key, served
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.judging.requests import product_texts
from vitrine.judging.run import Sources, measure_agreement
from vitrine.judging.settings import JudgingSettings

PER_MINUTE = 100_000
WHOLE = 4_000
"""Characters of a description that are sent: products with equal titles and labels of their own differ in it."""


def labels_of(data: Path) -> dict[tuple[str, str, str], str]:
    """Return people's label by query, title and the whole description; of equal products, the last one's."""
    catalogue = read_catalogue(data)
    texts = product_texts(catalogue, set(catalogue[PRODUCT_ID].to_pylist()), WHOLE)
    judged = pa.concat_tables([read_judgements(data, "train"), read_judgements(data, "eval")])
    columns = (judged[name].to_pylist() for name in (QUERY, PRODUCT_ID, ESCI_LABEL))
    return {pair_key(query, texts[product]): label for query, product, label in zip(*columns, strict=True)}


def measure(data: Path, queries: int, noise: float, labels: dict[tuple[str, str, str], str]) -> dict[str, Any]:
    """Judge with a share of wrong labels, and return the agreement, the calls and the seconds."""
    with tempfile.TemporaryDirectory() as folder, served(LabelEndpoint(noisy(labels, noise))) as endpoint:
        settings = JudgingSettings.model_validate(
            {
                "endpoint": {"base_url": endpoint.url, "model": f"labels with noise {noise:g}"},
                "budget": {"requests": 1_000_000, "per_minute": PER_MINUTE},
                "queries": queries,
                "description_characters": WHOLE,
            }
        )
        started = time.perf_counter()
        judged = measure_agreement(Sources(data, Path(folder, "labels.jsonl")), settings, {})
        seconds = time.perf_counter() - started
    assert judged.agreement is not None
    return {"noise": noise, "seconds": seconds, "requests": judged.spent.requests} | asdict(judged.agreement)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.1, 0.2, 0.4, 0.75])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    labels = labels_of(arguments.data)
    rows = [measure(arguments.data, arguments.queries, noise, labels) for noise in arguments.noise]
    table = Table()
    columns = ("noise", "pairs", "equal", "kappa", "quadratic kappa", "requests", "seconds")
    for name in columns:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row['noise']:.0%}", f"{row['pairs']:,}", f"{row['accuracy']:.1%}", f"{row['kappa']:.3f}",
            f"{row['weighted_kappa']:.3f}", f"{row['requests']:,}", f"{row['seconds']:.1f}",
        )  # fmt: skip
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
