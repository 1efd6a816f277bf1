"""The encoding step: rows are read in batches, encoded, and written to parts."""

import functools
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from components.embedding_gen.known import known_vectors
from components.embedding_gen.parts import Parts, PartWriter
from components.worker_files import local_copy
from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.arrow import floats, strings
from vitrine.embeddings.encoding import ProductEncoder, QueryEncoder, RowEncoder, Tally
from vitrine.embeddings.precomputed import PrecomputedVectors
from vitrine.embeddings.settings import EncodingSettings
from vitrine.encoders.loading import load_encoder, precomputed_directory
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import Precision

Kind = Literal["queries", "products"]
ID: Final = {"queries": columns.QUERY_ID, "products": columns.PRODUCT_ID}
STRINGS: Final = {
    "queries": (columns.QUERY_ID, columns.QUERY),
    "products": (*columns.CATALOGUE[:-1], columns.ATTRIBUTES),
}
"""The string columns of each kind of entity."""
ROWS: Final = 2048
"""Rows that are encoded together and then written; a killed run loses at most these."""


@functools.lru_cache(maxsize=1)
def shared_encoder(uri: str, precision: Precision) -> Encoder:
    """Load the encoder at `uri`, a checkpoint's directory or a bucket's URI, once per process."""
    return load_encoder(local_copy(uri), precision)


@dataclass(frozen=True)
class Encoding:
    """The encoding of one kind of entity.

    Attributes:
        kind: `queries` or `products`.
        encoder: the encoder's directory or a bucket's URI.
        settings: how to encode.
        parts: the run's parts.
        earlier: the folders of embeddings of earlier runs with the same encoder.
        origin: the folder of embeddings that the parts will be joined to.
        total: number of entities, for the progress.
    """

    kind: Kind
    encoder: str
    settings: EncodingSettings
    parts: Parts
    earlier: tuple[str, ...]
    origin: str
    total: int

    def row_encoder(self) -> RowEncoder:
        """Open the encoder of rows."""
        precomputed = precomputed_directory(local_copy(self.encoder))
        if precomputed:
            return PrecomputedVectors(Path(precomputed), ID[self.kind])
        encoder = shared_encoder(self.encoder, self.settings.precision)
        known = functools.partial(
            known_vectors, self.earlier, tuple(self.parts.unfinished(self.kind)), present=self.origin
        )
        if self.kind == "queries":
            return QueryEncoder(encoder, self.origin, known(columns.QUERY_VECTOR))
        texts, images = known(columns.TEXT_VECTOR), known(columns.IMAGE_VECTOR)
        return ProductEncoder(encoder, self.settings, self.origin, texts, images)


@dataclass(frozen=True)
class Part:
    """A written part: its file, its number of rows, and what was counted."""

    path: str
    rows: int
    tally: Tally


class ReadRows(beam.DoFn):
    """Conversion of a batch of decoded examples to rows: one value per cell, each id of the batch once."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def process(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        values = {name: strings(batch, name) for name in STRINGS[self._kind]}
        if self._kind == "products":
            values[columns.PRICE] = floats(batch, columns.PRICE)
        yield distinct(pa.RecordBatch.from_pydict(values), ID[self._kind])


def distinct(rows: pa.RecordBatch, column: str) -> pa.RecordBatch:
    """Keep the first row of each value of `column`, in order."""
    first = pc.index_in(rows.column(column), value_set=pc.unique(rows.column(column)))
    _, positions = np.unique(np.asarray(first), return_index=True)
    return rows if len(positions) == rows.num_rows else rows.take(pa.array(np.sort(positions)))


class EncodeRows(beam.DoFn):
    """Encoding of the rows of a bundle into a part of its own; yields a JSON list of that Part when the bundle ends.

    A bundle that a runner repeats writes another part. Only yielded parts count.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding

    def setup(self) -> None:
        self._encoder = self._encoding.row_encoder()
        self._done = 0

    def start_bundle(self) -> None:
        self._writer: PartWriter | None = None
        self._pending: list[pa.RecordBatch] = []
        self._encoder.tally = Tally()

    def process(self, batch: pa.RecordBatch) -> None:
        self._pending.append(batch)
        if sum(rows.num_rows for rows in self._pending) >= ROWS:
            self._encode()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        self._encode()
        if self._writer:
            self._writer.close()
            part = Part(self._writer.path, self._writer.rows, self._encoder.tally)
            yield WindowedValue(json.dumps([asdict(part)]), 0, [GlobalWindow()])

    def _encode(self) -> None:
        pending = pa.Table.from_batches(self._pending).combine_chunks().to_batches() if self._pending else []
        self._pending = []
        for rows in pending:
            encoding = self._encoding
            self._writer = self._writer or PartWriter(encoding.parts.new_file(encoding.kind))
            self._writer.write(self._encoder.encode(rows))
            self._done += rows.num_rows
            progress.report(f"encoding {encoding.kind}", self._done, max(encoding.total, self._done))
