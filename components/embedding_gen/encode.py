"""The encoding step: distinct entities, sharded by id, encoded in batches and written as Parquet."""

import functools
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from components.embedding_gen.files import local_copy, write_parquet
from components.embedding_gen.product_images import encode_product_images
from components.embedding_gen.settings import Settings
from components.embedding_gen.undecodable_images import Undecodable
from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.arrow import floats, strings, vector_column
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import Precision
from vitrine.text.product_texts import product_texts


@functools.lru_cache(maxsize=1)
def shared_encoder(uri: str, precision: Precision) -> Encoder:
    """Load the encoder at `uri`, a checkpoint's directory or a bucket's URI, once per process."""
    return load_encoder(local_copy(uri), precision)


class DeduplicateAndShard(beam.DoFn):
    """Deduplication of a batch by id, and assignment of its rows to shards: yields `(shard, batch)`.

    A shard is chosen by the id, so it gets all rows of its ids; each id occurs once in a batch.
    """

    def __init__(self, id_column: str, string_columns: tuple[str, ...], shards: int) -> None:
        self._id = id_column
        self._strings = string_columns
        self._shards = shards

    def process(self, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        rows = pa.table({name: strings(batch, name) for name in self._strings})
        if columns.PRICE in batch.schema.names:
            rows = rows.append_column(columns.PRICE, floats(batch, columns.PRICE))
        elif self._id == columns.PRODUCT_ID:
            rows = rows.append_column(columns.PRICE, pa.nulls(len(rows), pa.float32()))
        rows = distinct(rows, self._id)
        shard = np.array([zlib.crc32(key.encode()) % self._shards for key in rows[self._id].to_pylist()])
        for number in np.unique(shard):
            yield int(number), rows.filter(pa.array(shard == number)).combine_chunks().to_batches()[0]


def distinct(rows: pa.Table, column: str) -> pa.Table:
    """Keep the first row of each value of `column`, in order."""
    first = pc.index_in(rows[column], value_set=pc.unique(rows[column]))
    _, positions = np.unique(np.asarray(first), return_index=True)
    return rows.take(pa.array(np.sort(positions)))


class EncodeShard(beam.DoFn):
    """Encoding of a shard's batches into its Parquet file; yields the images that could not be decoded.

    The encoder and the output directory are paths or a bucket's URIs: workers may run on other machines.
    """

    def __init__(self, id_column: str, encoder: str, directory: str, settings: Settings) -> None:
        self._id = id_column
        self._encoder_path = encoder
        self._directory = directory
        self._settings = settings

    def setup(self) -> None:
        self._encoder = shared_encoder(self._encoder_path, self._settings.precision)

    def process(self, shard: tuple[int, Iterable[pa.RecordBatch]]) -> Iterator[Undecodable]:
        number, batches = shard
        rows = distinct(pa.Table.from_batches(list(batches)), self._id).sort_by(self._id).combine_chunks()
        undecodable: Undecodable = {}
        if self._id == columns.QUERY_ID:
            vectors = {columns.QUERY_VECTOR: self._encode_queries(rows)}
            further: dict[str, Any] = {}
        else:
            vectors, further = self._encode_products(rows, undecodable)
        given = dict(zip(rows.column_names, rows.columns, strict=True))
        rows = pa.table(given | further | {name: vector_column(matrix) for name, matrix in vectors.items()})
        path = f"{self._directory}/part-{number:05d}-of-{self._settings.shards:05d}.parquet"
        write_parquet(rows, path, compression="zstd", row_group_size=16_384, use_dictionary=False)
        yield undecodable

    def _encode_queries(self, rows: pa.Table) -> NDArray[np.float32]:
        return self._encode_texts(rows[columns.QUERY].to_pylist(), "queries")

    def _encode_texts(self, texts: list[str], noun: str) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self._encoder.dimension), np.float32)
        by_length = np.argsort(
            [len(text) for text in texts], kind="stable"
        )  # batches of similar length need little padding
        for start in range(0, len(texts), self._settings.batch):
            batch = by_length[start : start + self._settings.batch]
            vectors[batch] = self._encoder.encode_text([texts[i] for i in batch])
            progress.report(f"encoding {noun}", start + len(batch), len(texts))
        return vectors

    def _encode_products(
        self, rows: pa.Table, undecodable: Undecodable
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, pa.Array]]:
        texts = product_texts(rows, self._settings.text_fields)
        has_text = np.array([bool(text) for text in texts], bool)
        text_vectors = self._encode_texts(texts, "product texts")
        text_vectors[~has_text] = 0.0
        vectors = {columns.TEXT_VECTOR: text_vectors, columns.IMAGE_VECTOR: np.zeros_like(text_vectors)}
        further = {columns.HAS_TEXT: pa.array(has_text), columns.HAS_IMAGE: pa.array(np.zeros(len(rows), bool))}
        if self._encoder.encodes_images:
            images = encode_product_images(self._encoder, rows, self._settings, undecodable)
            vectors[columns.IMAGE_VECTOR] = images.vectors
            further[columns.HAS_IMAGE] = pa.array(images.has_image)
            further[columns.IMAGE] = pa.array(images.image, pa.string())
        return vectors, further
