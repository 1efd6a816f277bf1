"""Look-up of precomputed vectors by id, in the order of the ids."""

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
    """Read the vectors, float32 [N, D], of the queries `ids`, distinct strings [N].

    Raises:
        DataError: some ids have no vector; the message has the first, and how many.
    """
    dimension = read_description(folder).dimension
    vectors = np.zeros((len(ids), dimension), np.float32)
    for positions, batch in _matching_rows(folder / QUERIES, QUERY_ID, ids, (QUERY_VECTOR,)):
        vectors[positions] = _matrix(batch, QUERY_VECTOR, dimension)
    return vectors


def product_vectors(folder: Path, ids: pa.Array) -> ProductVectors:
    """Read the text and image vectors of the products `ids`, distinct strings [N]; an absent vector is zeros.

    Raises:
        DataError: some ids have no row; the message has the first, and how many.
    """
    shape = (len(ids), read_description(folder).dimension)
    vectors = {TEXT_VECTOR: np.zeros(shape, np.float32), IMAGE_VECTOR: np.zeros(shape, np.float32)}
    has = {HAS_TEXT: np.zeros(len(ids), bool), HAS_IMAGE: np.zeros(len(ids), bool)}
    for positions, batch in _matching_rows(folder / PRODUCTS, PRODUCT_ID, ids, (*vectors, *has)):
        for name, matrix in vectors.items():
            matrix[positions] = _matrix(batch, name, shape[1])
        for name, mask in has.items():
            mask[positions] = batch.column(name).to_numpy(zero_copy_only=False)
    return ProductVectors(ids, vectors[TEXT_VECTOR], vectors[IMAGE_VECTOR], has[HAS_TEXT], has[HAS_IMAGE])


def all_queries(folder: Path) -> QueryVectors:
    """Read every query with its text and vector."""
    batches = [batch for batch, _ in parquet_reading.batches(folder / QUERIES, (QUERY_ID, QUERY, QUERY_VECTOR))]
    if not batches:
        raise DataError(f"{folder / QUERIES} holds no queries")
    dimension = read_description(folder).dimension
    vectors = np.concatenate([_matrix(batch, QUERY_VECTOR, dimension) for batch in batches])
    ids, texts = (pa.concat_arrays([batch[name] for batch in batches]) for name in (QUERY_ID, QUERY))
    return QueryVectors(ids, texts, vectors)


def _matching_rows(
    path: Path, id_column: str, ids: pa.Array, names: tuple[str, ...]
) -> Iterator[tuple[NDArray[np.int64], pa.RecordBatch]]:
    """Yield batches of the rows that `ids` name, each after the rows' positions in `ids`."""
    seen = np.zeros(len(ids), bool)
    for batch, _ in parquet_reading.batches(path, (id_column, *names), BATCH):
        indices = pc.index_in(parquet_reading.strings(path, batch, id_column), value_set=ids)
        positions = np.asarray(indices.drop_null(), np.int64)
        seen[positions] = True
        yield positions, batch.filter(indices.is_valid())
    if not seen.all():
        first, missing = ids[int(seen.argmin())], int((~seen).sum())
        others = f" and {missing - 1} others" if missing > 1 else ""
        raise DataError(f"{path}: no vector for {id_column} '{first}'{others}; every one of the data needs a vector")


def _matrix(batch: pa.RecordBatch, name: str, dimension: int) -> NDArray[np.float32]:
    return as_matrix(pa.chunked_array([batch[name].cast(pa.list_(pa.float32(), dimension))]))
