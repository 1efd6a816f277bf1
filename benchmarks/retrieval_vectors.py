"""A large catalogue of vectors that are made from real ones, with real held-out queries.

The vectors of SQID's 164,900 products are not available; those of its 8,956 queries (CLIP ViT-L/14) are. Some of these
queries are held out for the measurements and some for tuning, and the products are made from all others: a real vector
x plus the scaled difference of two other real ones, x + a (y − z), normalised to unit length. So products lie around
real vectors, with the spread of real vectors, and no query is stored. Unlike in a shop, products and queries are both
texts.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from pyarrow import parquet

from vitrine.data.formats.arrow import as_matrix
from vitrine.errors import DataError

VARIABLE: Final = "VITRINE_REAL_DATA"
FILE: Final = Path("sqid") / "query_features.parquet"
COLUMN: Final = "clip_text_features"
OFFSET: Final = 0.5
"""The factor a, with which a product has a cosine of .89 with its real vector x."""
HELD_OUT: Final = 512
"""Number of queries for the measurements, and of queries for tuning."""
SEED: Final = 0

Vectors = npt.NDArray[np.float32]


class Catalogue(NamedTuple):
    """Rows of unit length: `products` float32 [N, D], `queries` and `tuning` float32 [`HELD_OUT`, D]."""

    products: Vectors
    queries: Vectors
    tuning: Vectors


def real_vectors() -> Vectors:
    """Read SQID's query vectors, float32 [8956, 768]. Raises DataError if they are not available."""
    folder = os.environ.get(VARIABLE)
    if folder is None or not (Path(folder) / FILE).is_file():
        raise DataError(f"set {VARIABLE} to a folder with {FILE}, SQID's query features")
    return as_matrix(parquet.read_table(Path(folder) / FILE, columns=[COLUMN])[COLUMN])


def make_catalogue(real: Vectors, count: int, held_out: int = HELD_OUT, seed: int = SEED) -> Catalogue:
    """Make `count` products, `held_out` queries and as many for tuning from `real` [R, D] with R > 2 `held_out` + 2."""
    rng = np.random.default_rng(seed)
    queries, tuning, others = np.split(rng.permutation(unit(real)), [held_out, 2 * held_out])
    centre = np.resize(np.arange(len(others)), count)
    first = (centre + rng.integers(1, len(others), count)) % len(others)
    second = (centre + rng.integers(1, len(others), count)) % len(others)
    return Catalogue(unit(others[centre] + OFFSET * (others[first] - others[second])), queries, tuning)


def unit(vectors: Vectors) -> Vectors:
    """Scale rows [N, D] to unit length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
