"""What became of each product's pictures: `images.csv`, a line for each of them, and its summary."""

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
    DUPLICATE: "same as another picture",
    CACHED: "downloaded by an earlier run",
    LOCAL: "already a file",
    NONE: "no picture named",
    FAILED: "failed",
}
"""What can become of a picture, in words."""


class Row(NamedTuple):
    """A line of the report.

    Attributes:
        url: where the picture is on the web, if that is known.
        outcome: one of `OUTCOMES`.
        bytes: the stored file's size, or 0.
        path: the picture below the image root, or "".
        detail: why it failed.
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
    """How many products there are, how many pictures of theirs had which outcome, how many failed for which reason, and
    what this run stored. A product that names no picture counts as one such picture.
    """

    products: int
    outcomes: dict[str, int]
    failures: dict[str, int]
    files: int
    bytes: int


def write_report(folder: Path, rows: Iterable[Row]) -> None:
    """Write `images.csv`, whole or not at all."""
    table = pa.Table.from_pylist([row._asdict() for row in rows], SCHEMA)
    csv_writing.write(folder / REPORT, SCHEMA, [table])


def read_report(folder: Path) -> list[Row]:
    """The lines of the last run's report that name an address and a picture; none where there is no report."""
    path = folder / REPORT
    if not path.is_file():
        return []
    return [
        Row(product, url, outcome, int(size), picture, detail)
        for records in csv_reading.read(path, Row._fields)
        for product, url, outcome, size, picture, detail in zip(*records.table.to_pydict().values(), strict=True)
        if url and picture
    ]


def summarise(rows: Sequence[Row]) -> Summary:
    """Count the rows."""
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
