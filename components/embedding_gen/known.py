"""Vectors that are known: those of earlier runs' embeddings, and of the parts that a killed run left behind."""

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

from components.embedding_gen.files import local_copy
from components.embedding_gen.parts import read_part
from vitrine.embeddings.encoding import KEY, ORIGIN
from vitrine.embeddings.known_vectors import KnownVectors, keys_of_column
from vitrine.embeddings.table import EmbeddingTable
from vitrine.embeddings.writing import write_embeddings


def known_vectors(earlier: Sequence[str], unfinished: Sequence[str], name: str) -> list[KnownVectors]:
    """Return the vectors `name` of embeddings folders and of parts, paths or URIs, where they have any."""
    tables = [EmbeddingTable.open(local_copy(folder)) for folder in earlier]
    if unfinished and (joined := _join(tuple(unfinished))):
        tables.append(EmbeddingTable.open(Path(joined.name)))
    return [
        KnownVectors(keys_of_column(rows[KEY[name]]), table.vectors[name], rows[ORIGIN[name]])
        for table in tables
        for rows in [table.rows.table]
        if name in table.vectors and KEY[name] in rows.column_names
    ]


@functools.lru_cache(maxsize=2)
def _join(parts: tuple[str, ...]) -> "tempfile.TemporaryDirectory[str] | None":
    """Join parts into an embeddings folder that is removed with the process; None if they hold no whole batch."""
    count = sum(batch.num_rows for path in parts for batch in read_part(path))
    if not count:
        return None
    folder = tempfile.TemporaryDirectory(prefix="vitrine-")
    write_embeddings(Path(folder.name), (batch for path in parts for batch in read_part(path)), count)
    return folder
