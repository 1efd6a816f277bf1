"""Memory-mapped embeddings: the rows and vectors of queries or products."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.embeddings.layout import ROWS, VECTORS, vector_file
from vitrine.errors import DataError
from vitrine.files.mapped_pages import ReadCounter, map_array, map_file

if TYPE_CHECKING:
    import pandas as pd

RowNumbers = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The rows of N entities, each with its id and its columns, in batches."""

    table: pa.Table

    @classmethod
    def open(cls, file: Path) -> "Rows":
        """Map the file `rows.arrow` of an embeddings folder.

        Raises:
            DataError: the file is missing or damaged.
        """
        try:
            return cls(pa.ipc.open_file(pa.py_buffer(map_file(file))).read_all())
        except (OSError, ValueError, pa.ArrowException) as error:
            reason = str(error).splitlines()[0]
            raise DataError(f"{file}: no embeddings that can be read ({reason}); run the pipeline again") from error

    @property
    def id_column(self) -> str:
        """The column of the ids."""
        return columns.QUERY_ID if columns.QUERY_ID in self.table.column_names else columns.PRODUCT_ID

    @cached_property
    def _batches(self) -> list[pa.RecordBatch]:
        batches: list[pa.RecordBatch] = self.table.to_batches()
        return batches

    @cached_property
    def _starts(self) -> RowNumbers:
        return np.cumsum([0, *(batch.num_rows for batch in self._batches)])

    @cached_property
    def _index(self) -> "pd.Index[str]":
        import pandas as pd  # the gateway's image, which indexes nothing, does without it

        index: pd.Index[str] = pd.Index(self.table[self.id_column].to_numpy())
        if not index.is_unique:
            raise DataError(f"{self.id_column} '{index[index.duplicated()][0]}' has more than one row of vectors")
        return index

    def find(self, ids: pa.Array) -> RowNumbers:
        """Return the row number of each id, int64 [P]; -1 for an unknown one. The first call indexes all ids.

        Raises:
            DataError: an id has more than one row.
        """
        return np.asarray(self._index.get_indexer(ids.to_numpy(zero_copy_only=False)), np.int64)

    def take(self, rows: RowNumbers, names: tuple[str, ...]) -> pa.RecordBatch:
        """Return the columns `names` of the given rows, int64 [P], in their order.

        Arrow's own `take` of a column in batches joins the batches first, which copies the whole column.
        """
        order = np.argsort(rows, kind="stable")
        in_order = rows[order]
        bounds = np.searchsorted(in_order, self._starts)
        parts = [
            batch.select(names).take(pa.array(in_order[low:high] - start))
            for batch, start, low, high in zip(self._batches, self._starts, bounds, bounds[1:], strict=False)
            if high > low
        ]
        schema = pa.schema([self.table.schema.field(name) for name in names])
        together = pa.Table.from_batches(parts, schema).combine_chunks().to_batches()
        if not together:
            return pa.RecordBatch.from_pylist([], schema)
        positions = np.empty_like(order)
        positions[order] = np.arange(len(order))
        return together[0].take(pa.array(positions))


@dataclass(frozen=True)
class EmbeddingTable:
    """N entities with vectors of D numbers. Pages are read when they are used, and given back by `release_pages`.

    Attributes:
        rows: the id and the columns of each entity.
        vectors: float32 [N, D] by the name of the column, without those that no row has.
        dimension: D.
    """

    rows: Rows
    vectors: Mapping[str, NDArray[np.float32]]
    dimension: int
    _reads: ReadCounter = field(default_factory=ReadCounter, repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path) -> "EmbeddingTable":
        """Map the files of an embeddings folder.

        Raises:
            DataError: the folder holds no embeddings, or its files do not belong together.
        """
        rows = Rows.open(folder / ROWS)
        files = [(name, vector_file(folder, name)) for name in VECTORS[rows.id_column]]
        try:
            vectors = {name: map_array(file) for name, file in files if file.exists()}
        except (OSError, ValueError) as error:
            raise DataError(f"{folder}: vectors cannot be read ({error}); run the pipeline again") from error
        shapes = {matrix.shape for matrix in vectors.values()}
        if len(shapes) != 1 or next(iter(shapes))[0] != rows.table.num_rows:
            listed = ", ".join(f"{name} {matrix.shape}" for name, matrix in vectors.items()) or "no vectors"
            raise DataError(f"{folder}: {rows.table.num_rows} rows, but {listed}; run the pipeline again")
        return cls(rows, vectors, next(iter(shapes))[1])

    def gather(self, name: str, rows: RowNumbers) -> NDArray[np.float32]:
        """Return the vectors `name` of the given rows, float32 [P, D]; zeros if no row has such a vector."""
        if name not in self.vectors:
            return np.zeros((len(rows), self.dimension), np.float32)
        gathered = np.asarray(self.vectors[name][rows])
        self._reads.add(len(rows))
        return gathered

    def with_vectors(self) -> pa.Table:
        """Return rows and vectors as one table; the vectors are fixed-size lists, without a copy.

        A kind of vector that no row has is a column of zeros.
        """
        table = self.rows.table
        for name in VECTORS[self.rows.id_column]:
            matrix = self.vectors.get(name)
            if matrix is None:
                matrix = np.zeros((table.num_rows, self.dimension), np.float32)
            table = table.append_column(name, vector_column(matrix))
        return table
