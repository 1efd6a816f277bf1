"""The report of a download: `images.csv`, with the outcome of each product's images, and its summary."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa

from vitrine.data.formats import csv_reading, csv_writing

REPORT: Final = "images.csv"

DOWNLOADED: Final = "downloaded"
DUPLICATE: Final = "duplicate"
CACHED: Final = "cached"
LOCAL: Final = "local"
NONE: Final = "none"
FAILED: Final = "failed"
OUTCOMES: Final = {
    DOWNLOADED: "downloaded",
    DUPLICATE: "same as another image",
    CACHED: "downloaded by an earlier run",
    LOCAL: "already a file",
    NONE: "no image named",
    FAILED: "failed",
}
"""The outcomes of an image, with their descriptions."""


class Row(NamedTuple):
    """A row of the report.

    Attributes:
        url: the image's address, if known.
        outcome: one of `OUTCOMES`.
        bytes: the stored file's size, or 0.
        path: the image's path below the image root, or "".
        detail: the reason of a failure.
    """

    product_id: str
    url: str
    outcome: str
    bytes: int = 0
    path: str = ""
    detail: str = ""


SCHEMA: Final = pa.schema([(name, pa.int64() if name == "bytes" else pa.string()) for name in Row._fields])


@dataclass(frozen=True)
class Summary:
    """Counts of a download: products, images by outcome, failures by kind, and the files and bytes stored by this run.
    A product without an image counts as one image with the outcome "none".
    """

    products: int
    outcomes: dict[str, int]
    failures: dict[str, int]
    files: int
    bytes: int


def write_report(folder: Path, rows: Iterable[Row]) -> None:
    """Write `images.csv` atomically."""
    table = pa.Table.from_pylist([row._asdict() for row in rows], SCHEMA)
    csv_writing.write(folder / REPORT, SCHEMA, [table])


def read_report(folder: Path) -> list[Row]:
    """Read the rows of the last run's report that have an address and a path; none without a report."""
    path = folder / REPORT
    if not path.is_file():
        return []
    return [
        Row(product, url, outcome, int(size), image, detail)
        for records in csv_reading.read(path, Row._fields)
        for product, url, outcome, size, image, detail in zip(*records.table.to_pydict().values(), strict=True)
        if url and image
    ]


def summarise(rows: Sequence[Row]) -> Summary:
    """Count the rows of a report."""
    outcomes = Counter(row.outcome for row in rows)
    failures = Counter(row.detail.partition(":")[0] for row in rows if row.outcome == FAILED)
    stored = [row for row in rows if row.outcome == DOWNLOADED]
    return Summary(
        products=len({row.product_id for row in rows}),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        failures=dict(failures.most_common()),
        files=len(stored),
        bytes=sum(row.bytes for row in stored),
    )
