"""Changes between two registrations: the rows of a view that are new or different, and the ids that are gone.

A feature store keeps a digest of each row that its online store has, so vectors are not read to be compared.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vitrine.features import views
from vitrine.files.mapped_pages import release_pages
from vitrine.files.replacing import replace_file

DIGEST: Final = "digest"
DIGEST_BYTES: Final = 16
ROWS: Final = 10_000
"""Rows whose digests are computed at once."""


@dataclass(frozen=True)
class RowChanges:
    """Changes of a view.

    Attributes:
        rows: The new and different rows.
        removed: The ids that are gone, string.
        present: The id and digest of every row.
    """

    rows: pa.Table
    removed: pa.ChunkedArray
    present: pa.Table


def find_changes(table: pa.Table, earlier: pa.Table | None) -> RowChanges:
    """Compare the rows of a view, the first column of which is the id, with the digests of earlier ones.

    Args:
        table: The rows; ids are unique.
        earlier: Ids and digests as in `RowChanges.present`; None if they are unknown, so that every row is new.
    """
    key = table.column_names[0]
    digests = row_digests(table)
    present = pa.table({key: table[key], DIGEST: digests})
    if earlier is None:
        return RowChanges(table, table[key].slice(0, 0), present)
    found = pc.index_in(table[key], value_set=earlier[key])
    is_same = pc.fill_null(pc.equal(earlier[DIGEST].take(found), digests), False)
    is_gone = pc.invert(pc.is_in(earlier[key], value_set=table[key]))
    return RowChanges(table.filter(pc.invert(is_same)), earlier[key].filter(is_gone), present)


def row_digests(table: pa.Table) -> pa.Array:
    """Return a digest of each row's values and of the columns' names, binary [N]."""
    names = "\0".join(table.column_names).encode()
    digests = []
    for batch in table.to_batches(ROWS):
        for cells in zip(*(_as_bytes(column) for column in batch.columns), strict=True):
            digest = hashlib.blake2b(names, digest_size=DIGEST_BYTES)
            for cell in cells:
                digest.update(len(cell).to_bytes(4, "little") + cell)
            digests.append(digest.digest())
        release_pages()
    return pa.array(digests, pa.binary(DIGEST_BYTES))


def _as_bytes(column: pa.Array) -> Iterable[bytes]:
    if pa.types.is_fixed_size_list(column.type):
        matrix = np.asarray(column.flatten()).reshape(len(column), -1)
        return (row.tobytes() for row in matrix)
    return (str(value).encode() for value in column.to_pylist())


def read_digests(directory: Path, view: str) -> pa.Table | None:
    """Return the ids and digests of the rows that the online store has; None if they are unknown."""
    file = _file(directory, view)
    return pq.read_table(file) if file.exists() else None


def write_digests(directory: Path, view: str, present: pa.Table) -> None:
    """Write the ids and digests of the rows that the online store has now."""
    file = _file(directory, view)
    file.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(file) as partial:
        pq.write_table(present, partial, compression="zstd")


def _file(directory: Path, view: str) -> Path:
    return directory / views.REGISTERED / f"{view}.parquet"
