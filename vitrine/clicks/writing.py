"""The span of a data folder with the judgements from clicks, and their report beside them."""

import dataclasses
from pathlib import Path
from typing import Final, get_args

import pyarrow as pa

from vitrine.clicks.report import Learned
from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID, SOURCE, WEIGHT
from vitrine.data.contract.derived_columns import query_ids
from vitrine.data.contract.files import WEIGHTED_SCHEMA, Split
from vitrine.data.contract.judges import CLICKS
from vitrine.data.contract.spans import new_span
from vitrine.data.formats import csv_writing
from vitrine.labels import LABELS

Rows = dict[Split, list[tuple[str, str, str, int, float]]]
"""By split: the id of the query ("" for a new one), its text, a product's id, a class id, and a weight."""

JSON: Final = "learned.json"
MARKDOWN: Final = "learned.md"


def write_span(data: Path, rows: Rows, report: Learned) -> Learned:
    """Write the judgements and the report as the next span of judgements, whole or not at all.

    Return the report with its place; without a judgement, nothing is written.
    """
    if not any(rows.values()):
        return report
    with new_span(data, "judgements") as folder:
        for split in get_args(Split):
            if rows[split]:
                csv_writing.write(folder / split / "judgements.csv", WEIGHTED_SCHEMA, [_table(rows[split])])
        placed = dataclasses.replace(report, output=str(data / "judgements"))
        (folder / JSON).write_text(placed.to_json() + "\n", encoding="utf-8")
        (folder / MARKDOWN).write_text(placed.to_markdown(), encoding="utf-8")
    return placed


def _table(rows: list[tuple[str, str, str, int, float]]) -> pa.Table:
    ids, texts, products, labels, weights = zip(*rows, strict=True)
    new = query_ids(pa.chunked_array([list(texts)], pa.string())).to_pylist()
    return pa.table(
        {
            QUERY_ID: [known or made for known, made in zip(ids, new, strict=True)],
            QUERY: list(texts),
            PRODUCT_ID: list(products),
            ESCI_LABEL: [LABELS[label] for label in labels],
            SOURCE: [CLICKS] * len(rows),
            WEIGHT: [f"{weight:.4f}" for weight in weights],
        }
    )
