"""A generated catalogue of up to millions of products, with queries: texts, and vectors with the structure of a shop's.

The vectors are those of `benchmarks/shop_vectors.py`. The sizes of categories and of families follow power laws, so
there are categories of thousands of products and families of near duplicates.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from benchmarks.shop_vectors import CATEGORY, DEVIATION, FAMILY, OWN, VectorParts, unit
from vitrine.data import columns
from vitrine.data.vectors.files import QueryVectors, write_vector_files
from vitrine.embeddings.writing import part_batch, write_embeddings
from vitrine.search.row_blocks import Vectors, row_blocks

PRODUCTS, QUERIES, VECTORS, JUDGEMENTS = "products", "queries", "vectors", "judgements.parquet"
"""Names in the folder: embeddings of products and of judged queries, vectors of all queries, and judgements."""
ASKED: Final = 1024
"""Number of queries, of which the first half is judged and tunes the index, and the second half is measured."""
JUDGED: Final = 10
"""Judgements of a query: its product is exact, random others are irrelevant."""
CATEGORY_SIZE, FAMILY_SIZE = 500, 8
"""Mean numbers of products in a category and in a family."""
BATCH: Final = 8_192
"""Products that are made at a time."""
WORDS: Final = 50_000
BRANDS: Final = 50_000
COLORS: Final = 400
TITLE_WORDS, DESCRIPTION_WORDS = 13, 60
QUERY_WORDS: Final = 3


def write_catalogue(folder: Path, count: int, dimension: int, seed: int = 0) -> None:
    """Write the files of a catalogue of `count` products."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    category = _zipf(rng, count, max(2, count // CATEGORY_SIZE))
    family = category + len(np.unique(category)) * _zipf(rng, count, max(2, CATEGORY_SIZE // FAMILY_SIZE))
    families, member = np.unique(family, return_inverse=True)
    parts = VectorParts(rng, dimension)
    of_category, of_family = CATEGORY * parts.draw(int(category.max()) + 1), FAMILY * parts.draw(len(families))

    def bases(rows: slice | npt.NDArray[np.int64]) -> Vectors:
        return parts.common + of_category[category[rows]] + of_family[member[rows]]

    texts = _Texts(rng)
    asked = np.sort(rng.choice(count, ASKED, replace=count < ASKED))
    asked_titles, asked_own = [], []

    def batches() -> Iterator[pa.RecordBatch]:
        for block in row_blocks(count, BATCH):
            own = OWN * parts.draw(block.stop - block.start)
            rows = texts.rows(block, category[block])
            wanted = asked[(asked >= block.start) & (asked < block.stop)] - block.start
            asked_titles.extend(rows["title"].take(pa.array(wanted)).to_pylist())
            asked_own.append(own[wanted])
            yield part_batch(rows, {columns.TEXT_VECTOR: unit(bases(block) + own)})

    write_embeddings(folder / PRODUCTS, batches(), count)
    vectors = unit(bases(asked) + 0.5 * np.concatenate(asked_own) + DEVIATION * parts.draw(ASKED))
    queries = [" ".join([*title.split()[:QUERY_WORDS], str(row)]) for row, title in enumerate(asked_titles)]
    _write_queries(folder, rng, queries, vectors, asked, count)


def _write_queries(
    folder: Path, rng: np.random.Generator, texts: list[str], vectors: Vectors, asked: npt.NDArray[np.int64], count: int
) -> None:
    """Write the queries, which are distinct, in random order, and the judgements of the first half of them."""
    order, ids = rng.permutation(len(texts)), pa.array([f"q{number}" for number in range(len(texts))])
    queries, vectors = pa.array(texts).take(pa.array(order)), vectors[order]
    write_vector_files(folder / VECTORS, "generated", vectors.shape[1], [QueryVectors(ids, queries, vectors)], [])
    half = len(texts) // 2
    rows = pa.record_batch({columns.QUERY_ID: ids[:half], columns.QUERY: queries[:half]})
    write_embeddings(folder / QUERIES, [part_batch(rows, {columns.QUERY_VECTOR: vectors[:half]})], half)
    number = np.repeat(np.arange(half), JUDGED)
    product = rng.integers(0, count, (half, JUDGED))
    product[:, 0] = asked[order[:half]]
    judged = {
        columns.QUERY_ID: ids.take(pa.array(number)),
        columns.QUERY: queries.take(pa.array(number)),
        columns.PRODUCT_ID: [product_id(row) for row in product.ravel()],
        columns.ESCI_LABEL: (["E"] + ["I"] * (JUDGED - 1)) * half,
    }
    parquet.write_table(pa.table(judged), folder / JUDGEMENTS)


def product_id(row: int) -> str:
    """Return an id as long as an ASIN."""
    return f"B{row:09d}"


def _zipf(rng: np.random.Generator, count: int, values: int) -> npt.NDArray[np.int64]:
    """Draw `count` of the numbers below `values`, the number i in proportion to 1 / √(i + 1)."""
    shares = np.cumsum(1 / np.sqrt(np.arange(1, values + 1)))
    return np.searchsorted(shares, rng.random(count) * shares[-1])


class _Texts:
    """Texts of made-up words."""

    def __init__(self, rng: np.random.Generator) -> None:
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        self._rng = rng
        self._words = np.array(["".join(rng.choice(letters, length)) for length in rng.integers(3, 10, WORDS)], object)

    def rows(self, block: slice, category: npt.NDArray[np.int64]) -> pa.RecordBatch:
        """Return the ids and texts of a block of products of the given categories."""
        count = len(category)
        return pa.record_batch(
            {
                columns.PRODUCT_ID: [product_id(row) for row in range(block.start, block.stop)],
                "title": self._sentences(count, TITLE_WORDS),
                "description": self._sentences(count, DESCRIPTION_WORDS),
                "brand": [f"brand {number}" for number in _zipf(self._rng, count, BRANDS)],
                "color": [f"color {number}" for number in _zipf(self._rng, count, COLORS)],
                "category": [f"category {number}" for number in category],
                columns.HAS_TEXT: np.ones(count, bool),
                columns.HAS_IMAGE: np.zeros(count, bool),
            }
        )

    def _sentences(self, count: int, length: int) -> list[str]:
        lengths = self._rng.integers(length // 2, length * 3 // 2, count)
        drawn = self._words[_zipf(self._rng, int(lengths.sum()), WORDS)].tolist()
        ends = np.cumsum(lengths)
        return [" ".join(drawn[end - size : end]) for end, size in zip(ends, lengths, strict=True)]
