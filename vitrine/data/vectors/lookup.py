"""Vectors of `vitrine/data/vectors/files.py` by id, in the order they are asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vitrine.data.columns import (
    HAS_IMAGE,
    HAS_TEXT,
    IMAGE_VECTOR,
    PRODUCT_ID,
    QUERY,
    QUERY_ID,
    QUERY_VECTOR,
    TEXT_VECTOR,
)
from vitrine.data.formats import parquet_reading
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.vectors.files import PRODUCTS, QUERIES, ProductVectors, QueryVectors, read_description
from vitrine.errors import DataError

BATCH: Final = 8192
"""Rows of vectors read at a time: of two columns of 768 numbers, 50 MB."""


def query_vectors(folder: Path, ids: pa.Array) -> NDArray[np.float32]:
    """Vectors float32 [N, D] of the queries `ids`, distinct strings [N].

    Raises:
        DataError: some of them have no vector; the message has the first, and how many.
    """
    vectors = np.zeros((len(ids), read_description(folder).dimension), np.float32)
    for places, batch in _found(folder / QUERIES, QUERY_ID, ids, (QUERY_VECTOR,)):
        vectors[places] = _matrix(batch, QUERY_VECTOR)
    return vectors


def product_vectors(folder: Path, ids: pa.Array) -> ProductVectors:
    """Both sides' vectors of the products `ids`, distinct strings [N]; an absent side is zeros.

    Raises:
        DataError: some of them have no row; the message has the first, and how many.
    """
    shape = (len(ids), read_description(folder).dimension)
    sides = {TEXT_VECTOR: np.zeros(shape, np.float32), IMAGE_VECTOR: np.zeros(shape, np.float32)}
    has = {HAS_TEXT: np.zeros(len(ids), bool), HAS_IMAGE: np.zeros(len(ids), bool)}
    for places, batch in _found(folder / PRODUCTS, PRODUCT_ID, ids, (*sides, *has)):
        for name, matrix in sides.items():
            matrix[places] = _matrix(batch, name)
        for name, mask in has.items():
            mask[places] = batch.column(name).to_numpy(zero_copy_only=False)
    return ProductVectors(ids, sides[TEXT_VECTOR], sides[IMAGE_VECTOR], has[HAS_TEXT], has[HAS_IMAGE])


def all_queries(folder: Path) -> QueryVectors:
    """Every query with its text and vector."""
    batches = [batch for batch, _ in parquet_reading.batches(folder / QUERIES, (QUERY_ID, QUERY, QUERY_VECTOR))]
    if not batches:
        raise DataError(f"{folder / QUERIES} holds no queries")
    table = pa.Table.from_batches(batches).combine_chunks()
    ids, texts = (table[name].combine_chunks() for name in (QUERY_ID, QUERY))
    return QueryVectors(ids, texts, as_matrix(table[QUERY_VECTOR]))


def _found(
    path: Path, id_column: str, ids: pa.Array, names: tuple[str, ...]
) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
    """Batches of the rows that `ids` name, and their places in `ids`."""
    found = np.zeros(len(ids), bool)
    for batch, _ in parquet_reading.batches(path, (id_column, *names), BATCH):
        places = pc.index_in(parquet_reading.strings(path, batch, id_column), value_set=ids)
        wanted = places.is_valid()
        chosen = np.asarray(places.drop_null(), np.int64)
        found[chosen] = True
        yield chosen, batch.filter(wanted)
    if not found.all():
        first, missing = ids[int(found.argmin())], int((~found).sum())
        others = f" and {missing - 1} others" if missing > 1 else ""
        raise DataError(f"{path}: no vector for {id_column} '{first}'{others}; every one of the data needs a vector")


def _matrix(batch: pa.RecordBatch, name: str) -> NDArray[np.float32]:
    return as_matrix(pa.chunked_array([batch.column(batch.schema.names.index(name))]))
