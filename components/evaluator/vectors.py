"""Addition of the vectors to batches of examples in TFMA."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

import apache_beam as beam
import pyarrow as pa
import tensorflow_model_analysis as tfma
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from components.embedding_gen.files import local_copy
from vitrine.data import columns
from vitrine.data.formats.arrow import packed
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
        raw = batch.schema.get_field_index(tfma.ARROW_INPUT_COLUMN)
        features = batch.drop_columns([tfma.ARROW_INPUT_COLUMN])
        for name, vectors in zip(columns.VECTORS, self._vectors.gather(*rows), strict=True):
            offsets = pa.array(range(len(vectors) + 1), pa.int64())
            features = features.append_column(name, pa.LargeListArray.from_arrays(offsets, packed(vectors)))
        examples = pa.array(self._encoder.encode(features), pa.large_binary())
        offsets = pa.array(range(len(examples) + 1), pa.int64())
        batch = batch.set_column(raw, tfma.ARROW_INPUT_COLUMN, pa.LargeListArray.from_arrays(offsets, examples))
        yield {**extracts, tfma.ARROW_RECORD_BATCH_KEY: batch}
