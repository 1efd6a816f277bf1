"""The layout of an embeddings folder.

* `rows.arrow`, an Arrow IPC file, not compressed: one row per entity with its id and its columns, in batches of at most
  `BATCH` rows.
* `<name>.npy` for each vector column that any row has: float32 [N, D], row by row, of unit length, zeros where the row
  has none. A column that no row has, such as the images of a catalogue without any, has no file.

The row number of an entity is its position in these files. Examples refer to vectors by it.
"""

from pathlib import Path
from typing import Final

ROWS: Final = "rows.arrow"
BATCH: Final = 16_384
"""Rows that are encoded, written and read together; of two columns of 768 numbers, 100 MB."""


def vector_file(folder: Path, name: str) -> Path:
    """Return the file of the vector column `name`."""
    return folder / f"{name}.npy"
