"""A generated catalogue of up to millions of products: texts, and vectors with the structure of a shop's.

A vector is the unit sum of a common direction (encoders of texts use a narrow cone), its category's, its family's and
its own, each but the first drawn with a spectrum that falls as a power of the rank. The sizes of categories and of
families follow power laws, so there are categories of thousands of products and families of near duplicates. A query
is a product's vector without half of what is the product's own, and a deviation in its place. Uniformly random vectors
would have no lists worth probing, and no neighbours worth finding.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from vitrine.data import columns
from vitrine.search.row_blocks import Vectors, row_blocks

QUERIES: Final = 1024
"""Number of queries, of which half tune the index and half are measured."""
COMMON, CATEGORY, FAMILY, OWN = 0.6, 0.5, 0.45, 0.35
"""Lengths of the parts of a vector."""
DECAY: Final = 0.75
"""The exponent of the spectrum, near that of CLIP's text vectors."""
CATEGORY_SIZE, FAMILY_SIZE = 500, 8
"""Mean numbers of products in a category and in a family."""
WORDS: Final = 50_000
BRANDS: Final = 50_000
COLORS: Final = 400
TITLE_WORDS, DESCRIPTION_WORDS = 13, 60


class Catalogue(NamedTuple):
    """`products` (texts), memory-mapped `vectors` float32 [N, D], and `tuning` and `queries` float32 [512, D]."""

    products: pa.Table
    vectors: Vectors
    tuning: Vectors
    queries: Vectors


def write_catalogue(folder: Path, count: int, dimension: int, seed: int = 0) -> None:
    """Write the files of a catalogue of `count` products."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    category = _zipf(rng, count, max(2, count // CATEGORY_SIZE))
    family = category + len(np.unique(category)) * _zipf(rng, count, max(2, CATEGORY_SIZE // FAMILY_SIZE))
    turn, _ = np.linalg.qr(rng.normal(size=(dimension, dimension)))
    turn = (turn.T * np.sqrt(spectrum(dimension))[:, None]).T.astype(np.float32)
    common = (COMMON * turn[:, 0] / np.linalg.norm(turn[:, 0])).astype(np.float32)

    def parts(size: int) -> Vectors:
        return rng.standard_normal((size, dimension), dtype=np.float32) @ turn.T

    categories = CATEGORY * parts(int(category.max()) + 1)
    families, member = np.unique(family, return_inverse=True)
    of_family = FAMILY * parts(len(families))
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, (count, dimension))
    for block in row_blocks(count):
        points = common + categories[category[block]] + of_family[member[block]]
        vectors[block] = unit(points + OWN * parts(len(points)))
    asked = np.sort(rng.choice(count, QUERIES, replace=count < QUERIES))
    bases = common + categories[category[asked]] + of_family[member[asked]]
    queries = unit(bases + 0.5 * (vectors[asked] * np.linalg.norm(bases, axis=1, keepdims=True) - bases)
                   + OWN * parts(QUERIES))  # fmt: skip
    np.save(folder / "queries.npy", rng.permutation(queries))
    vectors.flush()
    parquet.write_table(_texts(rng, category), folder / "products.parquet")


def read_catalogue(folder: Path) -> Catalogue:
    """Read what `write_catalogue` wrote; the vectors stay in the file."""
    queries = np.load(folder / "queries.npy")
    half = len(queries) // 2
    mapped = np.load(folder / "vectors.npy", mmap_mode="r")
    return Catalogue(parquet.read_table(folder / "products.parquet"), mapped, queries[:half], queries[half:])


def spectrum(dimension: int) -> npt.NDArray[np.float64]:
    """Return the share of each direction in the squared length, float64 [D]."""
    shares = np.arange(1, dimension + 1) ** -DECAY
    share: npt.NDArray[np.float64] = shares / shares.sum()
    return share


def unit(vectors: Vectors) -> Vectors:
    """Scale rows [N, D] to unit length."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def _zipf(rng: np.random.Generator, count: int, values: int) -> npt.NDArray[np.int64]:
    """Draw `count` of the numbers below `values`, the number i in proportion to 1 / √(i + 1)."""
    shares = np.cumsum(1 / np.sqrt(np.arange(1, values + 1)))
    return np.searchsorted(shares, rng.random(count) * shares[-1])


def _texts(rng: np.random.Generator, category: npt.NDArray[np.int64]) -> pa.Table:
    count = len(category)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, length)) for length in rng.integers(3, 10, WORDS)])

    def sentences(length: int) -> list[str]:
        lengths = rng.integers(length // 2, length * 3 // 2, count)
        drawn = words[_zipf(rng, int(lengths.sum()), WORDS)]
        ends = np.cumsum(lengths)
        return [" ".join(drawn[end - size : end]) for end, size in zip(ends, lengths, strict=True)]

    def named(kind: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
        return pa.array([f"{kind} {number}" for number in range(numbers.max() + 1)]).take(pa.array(numbers))

    return pa.table(
        {
            columns.PRODUCT_ID: [f"B{row:09d}" for row in range(count)],
            "title": sentences(TITLE_WORDS),
            "description": sentences(DESCRIPTION_WORDS),
            "brand": named("brand", _zipf(rng, count, BRANDS)),
            "color": named("color", _zipf(rng, count, COLORS)),
            "category": named("category", category),
        }
    )
