"""Offline files: Parquet files for Feast, written from EmbeddingGen's tables, and their newest vectors."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vitrine.data import columns
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.features import views
from vitrine.features.filter_columns import with_filter_columns
from vitrine.features.row_changes import read_digests
from vitrine.files.mapped_pages import release_pages

ROW_GROUP: Final = 10_000
"""Rows that are converted and written at once."""


@dataclass(frozen=True)
class Embeddings:
    """The two tables of a registration.

    Attributes:
        products: `product_id`, `text_vector` and `image_vector` (fixed-size lists of float32), `has_text`, `has_image`,
            and any of the catalogue's text columns.
        queries: `query_id`, `query`, `query_vector`.
        encoder: The fingerprint of the encoder that made the vectors.
    """

    products: pa.Table
    queries: pa.Table
    encoder: str

    @property
    def dimension(self) -> int:
        """The length of the vectors."""
        return int(self.products.schema.field(columns.TEXT_VECTOR).type.list_size)


def read_embeddings(products: Path, queries: Path, encoder: str) -> Embeddings:
    """Map the embeddings folders of products and queries, made by the encoder with that fingerprint.

    Raises:
        DataError: A folder has no embeddings, or the vectors' lengths differ.
    """
    vectors = PairVectors.open(queries, products)
    return Embeddings(vectors.products.with_vectors(), vectors.queries.with_vectors(), encoder)


def view_rows(embeddings: Embeddings, filterable: bool = False) -> Iterator[tuple[str, pa.Table]]:
    """Yield each feature view's name and rows, whose first column is the id; vectors with columns for filters if asked.

    A product without text or without an image has no row in that view, because zeros would be found as neighbours.
    """
    products, queries = embeddings.products, embeddings.queries
    yield views.QUERY_TEXT, queries.select([columns.QUERY_ID, columns.QUERY, columns.QUERY_VECTOR])
    for view, flag in ((views.PRODUCT_TEXT, columns.HAS_TEXT), (views.PRODUCT_IMAGE, columns.HAS_IMAGE)):
        yield view, _having(products, flag, views.VECTORS[view], embeddings.encoder if filterable else None)
    yield views.PRODUCT_ATTRIBUTES, _attributes(products)


def write_offline(rows: pa.Table, directory: Path, view: str, now: datetime) -> None:
    """Write rows of a feature view as of `now`, a time with a time zone, to the feature store in `directory`.

    Every call adds a file to those of earlier calls in `offline/<view>/`, so that a point-in-time join finds the
    vectors of its time.
    """
    folder = directory / views.OFFLINE / view
    folder.mkdir(parents=True, exist_ok=True)
    schema = stamped(rows.schema.empty_table(), now).schema
    with pq.ParquetWriter(folder / f"{now:%Y%m%dT%H%M%S%f}.parquet", schema, compression="zstd") as writer:
        for batch in rows.to_batches(ROW_GROUP):
            writer.write_table(stamped(pa.Table.from_batches([batch]), now))
            release_pages()


def read_vectors(directory: Path, view: str) -> tuple[list[str], NDArray[np.float32]]:
    """Return the ids and vectors, float32 [N, D], of the newest row of each entity that was registered last."""
    key, vector = views.ENTITY_IDS[view], views.VECTORS[view]
    digests = read_digests(directory, view)
    wanted = digests[key] if digests else pa.chunked_array([], pa.string())
    parts = []
    for file in sorted((directory / views.OFFLINE / view).glob("*.parquet"), reverse=True):
        table = pq.read_table(file, columns=[key, vector])
        table = table.filter(pc.is_in(table[key], value_set=wanted))
        wanted = wanted.filter(pc.invert(pc.is_in(wanted, value_set=table[key])))
        parts.append(table)
    ids = [product_id for part in parts for product_id in part[key].to_pylist()]
    numbers = [np.asarray(part[vector].combine_chunks().flatten()) for part in parts if len(part)]
    return ids, np.concatenate(numbers).reshape(len(ids), -1) if ids else np.zeros((0, 0), np.float32)


def stamped(rows: pa.Table, now: datetime) -> pa.Table:
    """Return rows with their event time, and with lists for fixed-size lists, as Feast knows no others."""
    for index, column in enumerate(rows.schema):
        if pa.types.is_fixed_size_list(column.type):
            lists = rows[column.name].cast(pa.list_(column.type.value_type))
            rows = rows.set_column(index, column.name, lists)
    return rows.append_column(views.EVENT_TIME, pa.repeat(pa.scalar(now, pa.timestamp("us", tz="UTC")), len(rows)))


def _having(products: pa.Table, flag: str, vector: str, encoder: str | None) -> pa.Table:
    """Return the ids and vectors of the products that have the vector, without a copy if all have it.

    If `encoder` is given, they have columns for filters.
    """
    has, rows = pc.cast(products[flag], pa.bool_()), products.select([columns.PRODUCT_ID, vector])
    rows = rows if encoder is None else with_filter_columns(rows, products, encoder)
    return rows if pc.all(has).as_py() else rows.filter(has)


def _attributes(products: pa.Table) -> pa.Table:
    """Return the catalogue's text columns, "" where absent, and `has_text` and `has_image` as 0 or 1."""
    table = products.select([columns.PRODUCT_ID])
    for name in columns.PRODUCT_TEXT:
        values = products[name] if name in products.column_names else pa.repeat(pa.scalar(""), len(products))
        table = table.append_column(name, pc.fill_null(values, ""))
    for name in views.FLAGS:
        table = table.append_column(name, pc.cast(pc.cast(products[name], pa.bool_()), pa.int64()))
    return table
