"""The layout of an embeddings folder.

* `rows.arrow`, an Arrow IPC file, not compressed: one row per entity with its id and its columns, in batches of some
  thousand rows.
* `<name>.npy` for each vector column that any row has: float32 [N, D], row by row, of unit length, zeros where the row
  has none. A column that no row has, such as the images of a catalogue without any, has no file.

The row number of an entity is its position in these files. Examples refer to vectors by it.
"""

from pathlib import Path
from typing import Final

from vitrine.data import columns

ROWS: Final = "rows.arrow"
VECTORS: Final = {
    columns.QUERY_ID: (columns.QUERY_VECTOR,),
    columns.PRODUCT_ID: (columns.TEXT_VECTOR, columns.IMAGE_VECTOR),
}
"""The vector columns of queries and of products, by their id column."""


def vector_file(folder: Path, name: str) -> Path:
    """Return the file of the vector column `name`."""
    return folder / f"{name}.npy"
