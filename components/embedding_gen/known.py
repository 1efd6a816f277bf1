"""Vectors that are known: those of earlier runs' embeddings, and of the parts that a killed run left behind."""

import functools
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from apache_beam.io.filesystems import FileSystems

from components.embedding_gen.parts import read_part
from components.worker_files import local_copy
from vitrine.embeddings.encoding import KEY, ORIGIN
from vitrine.embeddings.known_vectors import KnownVectors, keys_of_column
from vitrine.embeddings.layout import ROWS
from vitrine.embeddings.table import EmbeddingTable
from vitrine.embeddings.writing import write_embeddings


def known_vectors(earlier: Sequence[str], unfinished: Sequence[str], name: str, present: str) -> list[KnownVectors]:
    """Return the vectors `name` of embeddings folders and of parts, paths or URIs, where they have any.

    A killed run has left no embeddings, so what it encoded is first written to `present`, those of this run.
    """
    known = [_known(EmbeddingTable.open(local_copy(folder)), name) for folder in earlier]
    joined = _join(tuple(unfinished))
    left = _known(EmbeddingTable.open(Path(joined.name)), name) if joined else None
    known.append(replace(left, origin=_existing(left.origin, present)) if left else None)
    return [vectors for vectors in known if vectors]


def _known(table: EmbeddingTable, name: str) -> KnownVectors | None:
    rows = table.rows.table
    if name not in table.vectors or KEY[name] not in rows.column_names:
        return None
    return KnownVectors(keys_of_column(rows[KEY[name]]), table.vectors[name], rows[ORIGIN[name]])


def _existing(origins: pa.ChunkedArray, present: str) -> pa.ChunkedArray:
    """Replace origins without embeddings by `present`."""
    gone = [origin for origin in origins.unique().to_pylist() if not FileSystems.exists(f"{origin}/{ROWS}")]
    return pc.if_else(pc.is_in(origins, pa.array(gone, pa.string())), present, origins)


@functools.lru_cache(maxsize=2)
def _join(parts: tuple[str, ...]) -> "tempfile.TemporaryDirectory[str] | None":
    """Join parts into an embeddings folder that is removed with the process; None if they hold no whole batch."""
    count = sum(batch.num_rows for path in parts for batch in read_part(path))
    if not count:
        return None
    folder = tempfile.TemporaryDirectory(prefix="vitrine-")
    write_embeddings(Path(folder.name), (batch for path in parts for batch in read_part(path)), count)
    return folder
