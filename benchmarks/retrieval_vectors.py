"""A catalogue's worth of vectors made of real ones, and real queries that are not among them.

SQID's 8,956 query vectors (CLIP ViT-L/14) are fewer than its 164,900 products, whose vectors are not at hand. So some
queries are kept for asking and some for tuning, and the products are made of all others: a real vector x moved by the
difference of two other real ones, x + a (y − z), brought to unit length. So products lie around real vectors, spread
as real vectors differ, and no query is stored. Unlike in a shop, products and queries are both texts.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pyarrow import parquet

from vitrine.errors import DataError
from vitrine.search.products import vector_matrix

VARIABLE: Final = "VITRINE_REAL_DATA"
FILE: Final = Path("sqid") / "query_features.parquet"
COLUMN: Final = "clip_text_features"
MOVED: Final = 0.5
"""a: a product has a cosine of .89 with the real vector it is made of."""
KEPT: Final = 512
"""Queries for asking, and as many for tuning."""
SEED: Final = 0

Vectors = npt.NDArray[np.float32]


class Catalogue(NamedTuple):
    """Rows of unit length: `products` float32 [N, D], `queries` and `tuning` float32 [`KEPT`, D]."""

    products: Vectors
    queries: Vectors
    tuning: Vectors


def real_vectors() -> Vectors:
    """SQID's query vectors, float32 [8956, 768]. Raises DataError where they are not at hand."""
    folder = os.environ.get(VARIABLE)
    if folder is None or not (Path(folder) / FILE).is_file():
        raise DataError(f"set {VARIABLE} to a folder with {FILE}, SQID's query features")
    return vector_matrix(parquet.read_table(Path(folder) / FILE, columns=[COLUMN])[COLUMN])


def make_catalogue(real: Vectors, count: int, kept: int = KEPT, seed: int = SEED) -> Catalogue:
    """`count` products, `kept` queries and as many for tuning, out of `real` [R, D] with R > 2 `kept` + 2."""
    rng = np.random.default_rng(seed)
    queries, tuning, others = np.split(rng.permutation(unit(real)), [kept, 2 * kept])
    centre = np.resize(np.arange(len(others)), count)
    one = (centre + rng.integers(1, len(others), count)) % len(others)
    other = (centre + rng.integers(1, len(others), count)) % len(others)
    return Catalogue(unit(others[centre] + MOVED * (others[one] - others[other])), queries, tuning)


def unit(vectors: Vectors) -> Vectors:
    """Rows [N, D] brought to unit length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
