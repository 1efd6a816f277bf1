"""The searched catalogue in memory: strings, text vectors and image vectors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import (
    HAS_IMAGE,
    HAS_TEXT,
    IMAGE,
    IMAGE_VECTOR,
    PRICE,
    PRODUCT_ID,
    PRODUCT_TEXT,
    TEXT_VECTOR,
)
from vitrine.embeddings.table import EmbeddingTable
from vitrine.errors import DataError


@dataclass(frozen=True)
class Products:
    """N products, aligned row by row.

    `table` has `product_id`, the text columns and `image` as strings, and `price`; all but the first are optional.
    `text_vectors` and `image_vectors` are float32 [N, D] of unit length, zeros where `has_text` or `has_image`,
    bool [N], is false.
    """

    table: pa.Table
    text_vectors: npt.NDArray[np.float32]
    image_vectors: npt.NDArray[np.float32]
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
        shapes = {array.shape for array in (self.text_vectors, self.image_vectors)}
        if shapes != {(count, self.dimension)} or {self.has_text.shape, self.has_image.shape} != {(count,)}:
            raise DataError(
                f"{count} products, but text vectors {self.text_vectors.shape}, image vectors "
                f"{self.image_vectors.shape}, has_text {self.has_text.shape}, has_image {self.has_image.shape}"
            )
        if not (np.isfinite(self.text_vectors).all() and np.isfinite(self.image_vectors).all()):
            raise DataError("product vectors hold NaN or infinity; run EmbeddingGen again")

    @classmethod
    def of(
        cls,
        table: pa.Table,
        text_vectors: npt.ArrayLike,
        image_vectors: npt.ArrayLike,
        has_text: npt.ArrayLike,
        has_image: npt.ArrayLike,
    ) -> "Products":
        """Convert the arrays to the right types, and set the vectors of absent texts and images to zeros."""
        text, image = np.asarray(has_text, dtype=bool), np.asarray(has_image, dtype=bool)
        return cls(
            table,
            np.where(text[:, None], np.asarray(text_vectors, dtype=np.float32), np.float32(0)),
            np.where(image[:, None], np.asarray(image_vectors, dtype=np.float32), np.float32(0)),
            text,
            image,
        )

    @classmethod
    def read(cls, directory: Path) -> "Products":
        """Map the products' embeddings in a folder; an absent side of vectors is a view of one zero."""
        embeddings = EmbeddingTable.open(directory)
        table = embeddings.rows.table
        absent = np.broadcast_to(np.float32(0), (table.num_rows, embeddings.dimension))
        text, image = (embeddings.vectors.get(name, absent) for name in (TEXT_VECTOR, IMAGE_VECTOR))
        has_text, has_image = (table[name].to_numpy() for name in (HAS_TEXT, HAS_IMAGE))
        names = [name for name in (PRODUCT_ID, *PRODUCT_TEXT, IMAGE, PRICE) if name in table.column_names]
        return cls(table.select(names), text, image, has_text, has_image)

    @property
    def count(self) -> int:
        """N, the number of products."""
        return int(self.table.num_rows)

    @property
    def dimension(self) -> int:
        """D, the length of the vectors."""
        return int(self.text_vectors.shape[-1])

    @property
    def ids(self) -> list[str]:
        """The product ids, in row order."""
        ids: list[str] = self.table[PRODUCT_ID].to_pylist()
        return ids

    def strings(self, column: str) -> list[str]:
        """Return one text column in row order; absent columns and nulls become empty strings."""
        if column not in PRODUCT_TEXT or column not in self.table.column_names:
            return [""] * self.count
        strings: list[str] = pc.fill_null(self.table[column], "").to_pylist()
        return strings
