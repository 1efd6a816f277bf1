"""Offline files: Parquet files for Feast, written from EmbeddingGen's tables."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vitrine.data import columns
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.features import views

BATCH: Final = 16_384
"""Rows that are converted and written together, a row group of the file."""
QUERY_COLUMNS: Final = [columns.QUERY_ID, columns.QUERY, columns.QUERY_VECTOR]


@dataclass(frozen=True)
class Embeddings:
    """The two tables of a registration.

    Attributes:
        products: `product_id`, `text_vector` and `image_vector` (fixed-size lists of float32), `has_text`, `has_image`,
            and any of the catalogue's text columns.
        queries: `query_id`, `query`, `query_vector`.
    """

    products: pa.Table
    queries: pa.Table

    @property
    def dimension(self) -> int:
        """The length of the vectors."""
        return int(self.products.schema.field(columns.TEXT_VECTOR).type.list_size)


def read_embeddings(products: Path, queries: Path) -> Embeddings:
    """Map the embeddings folders of products and queries.

    Raises:
        DataError: A folder has no embeddings, or the vectors' lengths differ.
    """
    vectors = PairVectors.open(queries, products)
    return Embeddings(vectors.products.with_vectors(), vectors.queries.with_vectors())


def write_offline(embeddings: Embeddings, directory: Path, now: datetime) -> dict[str, int]:
    """Write the rows of each feature view as of `now`, and return the number of rows of each.

    Every call adds a file to those of earlier calls, so that a point-in-time join finds the vectors of its time. A
    product without text or without an image has no row in that view, because zeros would be found as neighbours.

    Args:
        embeddings: The tables.
        directory: The feature store's directory; files go to `offline/<view>/`.
        now: The rows' event time, with a time zone.
    """
    sources: dict[str, tuple[pa.Table, Callable[[pa.Table], pa.Table]]] = {
        views.QUERY_TEXT: (embeddings.queries, lambda rows: rows.select(QUERY_COLUMNS)),
        views.PRODUCT_TEXT: (embeddings.products, partial(_vectors, flag=columns.HAS_TEXT, vector=columns.TEXT_VECTOR)),
        views.PRODUCT_IMAGE: (
            embeddings.products,
            partial(_vectors, flag=columns.HAS_IMAGE, vector=columns.IMAGE_VECTOR),
        ),
        views.PRODUCT_ATTRIBUTES: (embeddings.products, _attributes),
    }
    counts = {}
    for view, (table, rows_of) in sources.items():
        folder = directory / views.OFFLINE / view
        folder.mkdir(parents=True, exist_ok=True)
        counts[view] = _write(table, rows_of, folder / f"{now:%Y%m%dT%H%M%S%f}.parquet", now)
    return counts


def _write(table: pa.Table, rows_of: Callable[[pa.Table], pa.Table], file: Path, now: datetime) -> int:
    """Write the rows of a view to a file, a batch of the table at a time, and return their number."""
    time = pa.scalar(now, pa.timestamp("us", tz="UTC"))
    written = 0
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for start in range(0, max(table.num_rows, 1), BATCH):
            rows = _as_lists(rows_of(table.slice(start, BATCH)))
            rows = rows.append_column(views.EVENT_TIME, pa.repeat(time, rows.num_rows))
            writer = writer or stack.enter_context(pq.ParquetWriter(file, rows.schema, compression="zstd"))
            writer.write_table(rows)
            written += rows.num_rows
    return written


def _vectors(products: pa.Table, flag: str, vector: str) -> pa.Table:
    """Return the ids and vectors of the products that have the vector."""
    return products.select([columns.PRODUCT_ID, vector]).filter(pc.cast(products[flag], pa.bool_()))


def _attributes(products: pa.Table) -> pa.Table:
    """Return the catalogue's text columns, "" where absent, and `has_text` and `has_image` as 0 or 1."""
    table = products.select([columns.PRODUCT_ID])
    for name in columns.PRODUCT_TEXT:
        values = products[name] if name in products.column_names else pa.repeat(pa.scalar(""), len(products))
        table = table.append_column(name, pc.fill_null(values, ""))
    for name in views.FLAGS:
        table = table.append_column(name, pc.cast(pc.cast(products[name], pa.bool_()), pa.int64()))
    return table


def _as_lists(table: pa.Table) -> pa.Table:
    """Convert fixed-size lists to lists, the only list type that Feast knows."""
    for index, column in enumerate(table.schema):
        if pa.types.is_fixed_size_list(column.type):
            lists = table[column.name].cast(pa.list_(column.type.value_type))
            table = table.set_column(index, column.name, lists)
    return table
