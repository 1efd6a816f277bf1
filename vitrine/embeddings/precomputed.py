"""A RowEncoder without an encoder: vectors are looked up in prepared files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data import columns
from vitrine.data.formats import parquet_reading
from vitrine.data.vectors.files import PRODUCTS, QUERIES, read_description
from vitrine.embeddings.encoding import Tally
from vitrine.embeddings.layout import VECTORS
from vitrine.embeddings.table import EmbeddingTable
from vitrine.embeddings.writing import part_batch, write_embeddings
from vitrine.errors import DataError

_BATCH: Final = 8192
"""Rows of vectors read at a time: of two columns of 768 numbers, 50 MB."""
_FILES: Final = {columns.QUERY_ID: QUERIES, columns.PRODUCT_ID: PRODUCTS}
_FLAGS: Final = {columns.QUERY_ID: (), columns.PRODUCT_ID: (columns.HAS_TEXT, columns.HAS_IMAGE)}


class PrecomputedVectors:
    """A RowEncoder with the precomputed vectors of a folder. Texts and images are not read.

    Parquet files cannot be mapped, so the vectors are unpacked once, into a scratch folder that is removed with this.
    """

    def __init__(self, folder: Path, id_column: str) -> None:
        """Unpack the vectors of queries or of products, by their id column."""
        self.tally = Tally()
        self._id, self._file = id_column, folder / _FILES[id_column]
        self._scratch = tempfile.TemporaryDirectory(prefix="vitrine-")
        described = read_description(folder)
        count = described.queries if id_column == columns.QUERY_ID else described.products
        write_embeddings(Path(self._scratch.name), self._stored(described.dimension), count)
        self._table = EmbeddingTable.open(Path(self._scratch.name))

    def _stored(self, dimension: int) -> Iterator[pa.RecordBatch]:
        names = (self._id, *_FLAGS[self._id], *VECTORS[self._id])
        vector = pa.list_(pa.float32(), dimension)
        for batch, _ in parquet_reading.batches(self._file, names, _BATCH):
            cells = {name: batch[name].cast(vector) if name in VECTORS[self._id] else batch[name] for name in names}
            yield pa.RecordBatch.from_pydict(cells)

    def encode(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows with their vectors and, for products, `has_text` and `has_image`.

        Raises:
            DataError: some ids have no vector; the message has the first, and how many of these rows.
        """
        ids = rows.column(self._id)
        found = self._table.rows.find(ids)
        if (found < 0).any():
            first, missing = ids[int((found < 0).argmax())], int((found < 0).sum())
            others = f" and {missing - 1} others" if missing > 1 else ""
            raise DataError(
                f"{self._file}: no vector for {self._id} '{first}'{others}; every one of the data needs a vector"
            )
        flags = self._table.rows.take(found, _FLAGS[self._id]) if _FLAGS[self._id] else None
        given = dict(zip(rows.schema.names, rows.columns, strict=True))
        given |= dict(zip(flags.schema.names, flags.columns, strict=True)) if flags else {}
        vectors = {name: self._table.gather(name, found) for name in VECTORS[self._id]}
        return part_batch(pa.RecordBatch.from_pydict(given), vectors)
