"""Embeddings folders, written without EmbeddingGen."""

from pathlib import Path

import pyarrow as pa

from vitrine.embeddings.table import EmbeddingTable
from vitrine.embeddings.writing import write_embeddings


def write_folder(folder: Path, table: pa.Table) -> EmbeddingTable:
    """Write the rows and vectors of `table`, whose vectors are fixed-size lists, in two batches; return the mapping."""
    half = (table.num_rows + 1) // 2
    halves = (table.slice(0, half), table.slice(half))
    batches = [batch for part in halves for batch in part.combine_chunks().to_batches()]
    write_embeddings(folder, batches, table.num_rows)
    return EmbeddingTable.open(folder)
