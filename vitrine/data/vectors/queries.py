"""Reading of the precomputed vectors of all queries."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from vitrine.data.columns import QUERY, QUERY_ID, QUERY_VECTOR
from vitrine.data.formats import parquet_reading
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.vectors.files import QUERIES, QueryVectors, read_description
from vitrine.errors import DataError


def all_queries(folder: Path) -> QueryVectors:
    """Read every query with its text and vector."""
    batches = [batch for batch, _ in parquet_reading.batches(folder / QUERIES, (QUERY_ID, QUERY, QUERY_VECTOR))]
    if not batches:
        raise DataError(f"{folder / QUERIES} holds no queries")
    vector = pa.list_(pa.float32(), read_description(folder).dimension)
    vectors = np.concatenate([as_matrix(pa.chunked_array([batch[QUERY_VECTOR].cast(vector)])) for batch in batches])
    ids, texts = (pa.concat_arrays([batch[name] for batch in batches]) for name in (QUERY_ID, QUERY))
    return QueryVectors(ids, texts, vectors)
