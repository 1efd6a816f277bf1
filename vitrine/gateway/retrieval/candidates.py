"""Candidates of one query: products with their vectors of text and image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Found = Mapping[str, Sequence[float]]
"""The vectors of products by id."""


@dataclass(frozen=True)
class Candidates:
    """R products.

    `text` and `image` are float32 [R, D], zeros where `has_text` or `has_image`, bool [R], is false.
    """

    product_ids: list[str]
    text: Floats
    image: Floats
    has_text: Flags
    has_image: Flags

    @classmethod
    def of(cls, text: Found, image: Found, dimension: int) -> "Candidates":
        """Take the vectors of those products that have text, and of those that have an image."""
        product_ids = list({**text, **image})
        has_text, has_image = (np.array([each in side for each in product_ids], bool) for side in (text, image))
        text_matrix, image_matrix = (_matrix(side, product_ids, dimension) for side in (text, image))
        return cls(product_ids, text_matrix, image_matrix, has_text, has_image)

    def where(self, kept: Flags) -> "Candidates":
        """Return the candidates that are kept, bool [R]."""
        product_ids = [product_id for product_id, keep in zip(self.product_ids, kept, strict=True) if keep]
        return Candidates(product_ids, self.text[kept], self.image[kept], self.has_text[kept], self.has_image[kept])


def _matrix(found: Found, product_ids: Sequence[str], dimension: int) -> Floats:
    """Return the vectors of products, float32 [R, D], zeros for those that are not found."""
    matrix = np.zeros((len(product_ids), dimension), np.float32)
    for row, product_id in enumerate(product_ids):
        if product_id in found:
            matrix[row] = found[product_id]
    return matrix
