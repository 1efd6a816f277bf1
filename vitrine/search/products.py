"""The searched catalogue in memory: strings, text vectors and image vectors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import (
    ATTRIBUTES,
    HAS_IMAGE,
    HAS_TEXT,
    IMAGE,
    IMAGE_VECTOR,
    PRICE,
    PRODUCT_ID,
    PRODUCT_TEXT,
    TEXT_VECTOR,
)
from vitrine.embeddings.table import EmbeddingTable, RowNumbers, Rows
from vitrine.errors import DataError
from vitrine.search.row_blocks import RowSource, Selection, row_blocks


@dataclass(frozen=True)
class Products:
    """N products, aligned row by row.

    `table` has `product_id`, the text columns, `image` and `attributes` as strings, and `price`; all but the first
    are optional.
    `text_vectors` and `image_vectors` are float32 [N, D] of unit length, perhaps memory-mapped, zeros where `has_text`
    or `has_image`, bool [N], is false. `image_vectors` is None if no product has an image.
    """

    table: pa.Table
    text_vectors: npt.NDArray[np.float32]
    image_vectors: npt.NDArray[np.float32] | None
    has_text: npt.NDArray[np.bool_]
    has_image: npt.NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Raise DataError without products, or for repeated ids, arrays of different lengths or non-finite vectors."""
        count = self.table.num_rows
        if count == 0:
            raise DataError("the catalogue has no products; there is nothing to search")
        repeated = pc.value_counts(self.table[PRODUCT_ID].combine_chunks())
        repeated = repeated.filter(pc.greater(repeated.field("counts"), 1))
        if len(repeated):
            raise DataError(f"product_id '{repeated.field('values')[0]}' occurs more than once in the catalogue")
        sides = [side for side in (self.text_vectors, self.image_vectors) if side is not None]
        shapes = {side.shape for side in sides}
        if shapes != {(count, self.dimension)} or {self.has_text.shape, self.has_image.shape} != {(count,)}:
            images = "none" if self.image_vectors is None else self.image_vectors.shape
            raise DataError(
                f"{count} products, but text vectors {self.text_vectors.shape}, image vectors {images}, "
                f"has_text {self.has_text.shape}, has_image {self.has_image.shape}"
            )
        if self.image_vectors is None and self.has_image.any():
            raise DataError("products have images, but there are no image vectors; run EmbeddingGen again")
        if not all(np.isfinite(side[rows]).all() for side in sides for rows in row_blocks(count)):
            raise DataError("product vectors hold NaN or infinity; run EmbeddingGen again")

    @classmethod
    def of(
        cls,
        table: pa.Table,
        text_vectors: npt.ArrayLike,
        image_vectors: npt.ArrayLike | None,
        has_text: npt.ArrayLike,
        has_image: npt.ArrayLike,
    ) -> "Products":
        """Convert the arrays to the right types, and set the vectors of absent texts and images to zeros.

        Arrays of float32 whose absent vectors are zeros already are not copied. Without any image, there is no image
        side.
        """
        text, image = np.asarray(has_text, dtype=bool), np.asarray(has_image, dtype=bool)
        images = _zeroed(image_vectors, image) if image_vectors is not None and image.any() else None
        return cls(table, _zeroed(text_vectors, text), images, text, image)

    @classmethod
    def read(cls, directory: Path) -> "Products":
        """Map the products' embeddings in a folder; text vectors that no product has are a view of one zero."""
        embeddings = EmbeddingTable.open(directory)
        table = embeddings.rows.table
        absent = np.broadcast_to(np.float32(0), (table.num_rows, embeddings.dimension))
        has_text, has_image = (table[name].to_numpy() for name in (HAS_TEXT, HAS_IMAGE))
        text = embeddings.vectors.get(TEXT_VECTOR, absent)
        images = embeddings.vectors.get(IMAGE_VECTOR) if has_image.any() else None
        names = [name for name in (PRODUCT_ID, *PRODUCT_TEXT, IMAGE, PRICE, ATTRIBUTES) if name in table.column_names]
        return cls(table.select(names), text, images, has_text, has_image)

    @property
    def count(self) -> int:
        """N, the number of products."""
        return int(self.table.num_rows)

    @property
    def dimension(self) -> int:
        """D, the length of the vectors."""
        return int(self.text_vectors.shape[-1])

    @property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """The sides of each product, uint8 [N]: 0 has neither, 1 text, 2 an image, 3 both."""
        return self.has_text.astype(np.uint8) + 2 * self.has_image.astype(np.uint8)

    @property
    def present_texts(self) -> RowSource:
        """The vectors of the products that have text."""
        return Selection(self.text_vectors, np.flatnonzero(self.has_text))

    @property
    def present_images(self) -> RowSource:
        """The vectors of the products that have an image."""
        side = self.text_vectors if self.image_vectors is None else self.image_vectors
        return Selection(side, np.flatnonzero(self.has_image))

    @property
    def ids(self) -> list[str]:
        """The product ids, in row order."""
        ids: list[str] = self.table[PRODUCT_ID].to_pylist()
        return ids

    def text_column(self, column: str) -> pa.ChunkedArray:
        """Return one text column in row order; absent columns and nulls become empty strings."""
        if column not in PRODUCT_TEXT or column not in self.table.column_names:
            return pa.chunked_array([pa.repeat("", self.count)])
        return pc.fill_null(self.table[column].cast(pa.string()), "")

    def strings(self, column: str) -> list[str]:
        """Return `text_column` as a list."""
        strings: list[str] = self.text_column(column).to_pylist()
        return strings

    def images(self, rows: RowNumbers) -> npt.NDArray[np.float32]:
        """Return the image vectors of the given rows, float32 [P, D]; zeros if no product has an image."""
        if self.image_vectors is None:
            return np.zeros((len(rows), self.dimension), np.float32)
        return np.asarray(self.image_vectors[rows])

    def texts(self, rows: RowNumbers) -> dict[str, npt.NDArray[np.object_]]:
        """Return the text columns of the given rows, [P], as objects [P] by name."""
        absent = np.full(len(rows), "", object)
        names = tuple(name for name in PRODUCT_TEXT if name in self.table.column_names)
        taken = Rows(self.table).take(rows, names)
        found = {name: pc.fill_null(taken[name], "").to_numpy(zero_copy_only=False) for name in names}
        return dict.fromkeys(PRODUCT_TEXT, absent) | found


def _zeroed(vectors: npt.ArrayLike, present: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return vectors [N, D] as float32, with zeros where `present` [N] is false; a copy only where that changes one."""
    matrix = np.asarray(vectors, dtype=np.float32)
    if matrix.ndim != 2 or len(matrix) != len(present):
        return matrix  # refused by the check of shapes
    absent = np.flatnonzero(~present)
    if any(matrix[absent[rows]].any() for rows in row_blocks(len(absent))):
        return np.where(present[:, None], matrix, np.float32(0))
    return matrix
