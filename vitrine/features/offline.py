"""Offline files: Parquet files for Feast, written from EmbeddingGen's tables."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vitrine.data import columns
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.features import views


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
    products, queries = embeddings.products, embeddings.queries
    tables = {
        views.QUERY_TEXT: queries.select([columns.QUERY_ID, columns.QUERY, columns.QUERY_VECTOR]),
        views.PRODUCT_TEXT: _having(products, columns.HAS_TEXT).select([columns.PRODUCT_ID, columns.TEXT_VECTOR]),
        views.PRODUCT_IMAGE: _having(products, columns.HAS_IMAGE).select([columns.PRODUCT_ID, columns.IMAGE_VECTOR]),
        views.PRODUCT_ATTRIBUTES: _attributes(products),
    }
    time = pa.scalar(now, pa.timestamp("us", tz="UTC"))
    for view, table in tables.items():
        folder = directory / views.OFFLINE / view
        folder.mkdir(parents=True, exist_ok=True)
        stamped = _as_lists(table).append_column(views.EVENT_TIME, pa.repeat(time, len(table)))
        pq.write_table(stamped, folder / f"{now:%Y%m%dT%H%M%S%f}.parquet", compression="zstd")
    return {view: len(table) for view, table in tables.items()}


def _having(products: pa.Table, flag: str) -> pa.Table:
    return products.filter(pc.cast(products[flag], pa.bool_()))


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
