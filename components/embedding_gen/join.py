"""The join step: every judgement with its product's columns and the vectors, as tf.Examples."""

from collections.abc import Iterator

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.embedding_gen.files import local_copy
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, as_matrix, packed, strings
from vitrine.errors import DataError
from vitrine.labels import GAINS, LABELS


class JoinVectors(beam.DoFn):
    """Join of a batch of judgements with the embeddings, into serialized examples.

    Each worker reads all embeddings, from a directory or a bucket's URI. A batch is joined by one vectorised look-up of
    its ids.
    """

    def __init__(self, query_embeddings: str, product_embeddings: str) -> None:
        self._queries_path = query_embeddings
        self._products_path = product_embeddings

    def setup(self) -> None:
        self._queries = pa.parquet.read_table(local_copy(self._queries_path))
        self._products = pa.parquet.read_table(local_copy(self._products_path))
        self._vectors = {
            columns.QUERY_VECTOR: as_matrix(self._queries[columns.QUERY_VECTOR]),
            columns.TEXT_VECTOR: as_matrix(self._products[columns.TEXT_VECTOR]),
            columns.IMAGE_VECTOR: as_matrix(self._products[columns.IMAGE_VECTOR]),
        }
        self._texts = {name: self._products[name].combine_chunks() for name in columns.PRODUCT_TEXT}
        self._has_image = self._products[columns.HAS_IMAGE].combine_chunks().cast(pa.int64())
        self._encoder = RecordBatchToExamplesEncoder()

    def process(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        judged = {name: strings(batch, name) for name in columns.JUDGEMENTS}
        query = _positions(judged[columns.QUERY_ID], self._queries[columns.QUERY_ID], columns.QUERY_ID)
        product = _positions(judged[columns.PRODUCT_ID], self._products[columns.PRODUCT_ID], columns.PRODUCT_ID)
        classes = pc.index_in(judged[columns.ESCI_LABEL], value_set=pa.array(LABELS))
        rows = {
            **judged,
            columns.GAIN: pa.array(GAINS, pa.float32()).take(classes),
            **{name: texts.take(product) for name, texts in self._texts.items()},
            columns.HAS_IMAGE: self._has_image.take(product),
            columns.QUERY_VECTOR: packed(self._vectors[columns.QUERY_VECTOR][np.asarray(query)]),
            columns.TEXT_VECTOR: packed(self._vectors[columns.TEXT_VECTOR][np.asarray(product)]),
            columns.IMAGE_VECTOR: packed(self._vectors[columns.IMAGE_VECTOR][np.asarray(product)]),
        }
        yield from self._encoder.encode(as_features(pa.RecordBatch.from_pydict(rows)))


def _positions(ids: pa.Array, known: pa.ChunkedArray, column: str) -> pa.Array:
    positions = pc.index_in(ids, value_set=known)
    if positions.null_count:
        missing = pc.unique(ids.filter(positions.is_null())).to_pylist()
        raise DataError(
            f"judgements: {column} {missing[0]!r} is not in the catalogue"
            + (f", nor are {len(missing) - 1} others" if len(missing) > 1 else "")
            + "; leave such judgements out with `vitrine prepare … --on-error skip`"
        )
    return positions
