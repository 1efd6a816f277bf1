"""The vectors of judged pairs, gathered by row number."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitrine.data import columns
from vitrine.embeddings.table import EmbeddingTable, RowNumbers
from vitrine.errors import DataError


@dataclass(frozen=True)
class PairVectors:
    """The embeddings of queries and products, of one length D."""

    queries: EmbeddingTable
    products: EmbeddingTable

    @classmethod
    def open(cls, queries: Path, products: Path) -> "PairVectors":
        """Map two embeddings folders.

        Raises:
            DataError: a folder cannot be read, or the lengths of their vectors differ.
        """
        tables = EmbeddingTable.open(queries), EmbeddingTable.open(products)
        lengths = [table.dimension for table in tables]
        if len(set(lengths)) > 1:
            raise DataError(f"{queries}: vectors of {lengths[0]} numbers, and {products}: of {lengths[1]}; run again")
        return cls(*tables)

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        return self.queries.dimension

    def gather(self, query: RowNumbers, product: RowNumbers) -> tuple[NDArray[np.float32], ...]:
        """Return the vectors `columns.VECTORS`, float32 [P, D] each, of P pairs of row numbers, int64 [P]."""
        return (
            self.queries.gather(columns.QUERY_VECTOR, query),
            self.products.gather(columns.TEXT_VECTOR, product),
            self.products.gather(columns.IMAGE_VECTOR, product),
        )
