from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from vitrine.features.offline import Embeddings

ENCODER = "e" * 64
"""The fingerprint of the encoder."""


def unit_rows(seed: int, rows: int, dimension: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def vector_column(vectors: NDArray[np.float32]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])


@pytest.fixture(scope="session")
def make_embeddings() -> Callable[..., Embeddings]:
    """Return a function that makes EmbeddingGen's tables: every third product has no image, `p1` has no text."""

    def make(products: int = 12, dimension: int = 8, seed: int = 0, images: bool = True) -> Embeddings:
        numbers = np.arange(products)
        has_image = (numbers % 3 != 0) & images
        has_text = numbers != 1
        text, image = unit_rows(seed, products, dimension), unit_rows(seed + 1, products, dimension)
        text[~has_text], image[~has_image] = 0, 0
        table = pa.table(
            {
                "product_id": [f"p{number}" for number in numbers],
                "title": [f"mug number {number}" if number != 1 else "" for number in numbers],
                "brand": ["Tassel"] * products,
                "text_vector": vector_column(text),
                "image_vector": vector_column(image),
                "has_text": has_text,
                "has_image": has_image,
            }
        )
        queries = pa.table(
            {
                "query_id": ["q0", "q1"],
                "query": ["red mug", "bag"],
                "query_vector": vector_column(unit_rows(seed + 2, 2, dimension)),
            }
        )
        return Embeddings(table, queries, ENCODER)

    return make
