"""Reading of the precomputed vectors of all queries."""

from pathlib import Path

import pyarrow as pa

from vitrine.data.columns import QUERY, QUERY_ID, QUERY_VECTOR
from vitrine.data.formats import parquet_reading
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.vectors.files import QUERIES, QueryVectors
from vitrine.errors import DataError


def all_queries(folder: Path) -> QueryVectors:
    """Read every query with its text and vector."""
    batches = [batch for batch, _ in parquet_reading.batches(folder / QUERIES, (QUERY_ID, QUERY, QUERY_VECTOR))]
    if not batches:
        raise DataError(f"{folder / QUERIES} holds no queries")
    table = pa.Table.from_batches(batches).combine_chunks()
    ids, texts = (table[name].combine_chunks() for name in (QUERY_ID, QUERY))
    return QueryVectors(ids, texts, as_matrix(table[QUERY_VECTOR]))
