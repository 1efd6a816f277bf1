"""Addition of the vectors to batches of examples in TFMA."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

import apache_beam as beam
import pyarrow as pa
import tensorflow_model_analysis as tfma
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.worker_files import local_copy
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features, packed
from vitrine.embeddings.pair_vectors import PairVectors

_FOLDERS: Final[ContextVar[tuple[str, ...]]] = ContextVar("embeddings")


@contextlib.contextmanager
def embeddings_in(folders: tuple[str, ...]) -> Iterator[None]:
    """Make `add_vectors` use the embeddings of queries and products in `folders`, paths or URIs, within the block."""
    token = _FOLDERS.set(folders)
    try:
        yield
    finally:
        _FOLDERS.reset(token)


def add_vectors() -> beam.PTransform:
    """Return the transform of TFMA's extracts that adds the vectors of the embeddings in use."""
    return beam.ParDo(AddVectors(_FOLDERS.get()))


class AddVectors(beam.DoFn):
    """Addition of the vectors to a batch of examples, which the classifier reads as packed little-endian float32."""

    def __init__(self, folders: tuple[str, ...]) -> None:
        self._folders = folders

    def setup(self) -> None:
        self._vectors = PairVectors.open(*map(local_copy, self._folders))
        self._encoder = RecordBatchToExamplesEncoder()

    def process(self, extracts: dict[str, object]) -> Iterator[dict[str, object]]:
        batch: pa.RecordBatch = extracts[tfma.ARROW_RECORD_BATCH_KEY]
        rows = [batch.column(name).flatten().to_numpy() for name in (columns.QUERY_ROW, columns.PRODUCT_ROW)]
        vectors = zip(columns.VECTORS, map(packed, self._vectors.gather(*rows)), strict=True)
        features = _with_columns(batch.drop_columns([tfma.ARROW_INPUT_COLUMN]), dict(vectors))
        examples = {tfma.ARROW_INPUT_COLUMN: pa.array(self._encoder.encode(features), pa.large_binary())}
        batch = _with_columns(batch.drop_columns([tfma.ARROW_INPUT_COLUMN]), examples)
        yield {**extracts, tfma.ARROW_RECORD_BATCH_KEY: batch}


def _with_columns(batch: pa.RecordBatch, cells: dict[str, pa.Array]) -> pa.RecordBatch:
    """Append columns of one value per row, as lists."""
    lists = as_features(pa.RecordBatch.from_pydict(cells))
    return pa.RecordBatch.from_arrays([*batch.columns, *lists.columns], [*batch.schema.names, *lists.schema.names])
