"""Made-up vectors for every query and product of a prepared data folder, in the layout of precomputed vectors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.shop_vectors import CATEGORY, DEVIATION, FAMILY, OWN, VectorParts, Vectors, unit
from vitrine.data.columns import IMAGE, PRODUCT_ID, QUERY, QUERY_ID, SPLITS
from vitrine.data.contract.files import catalogue_records, judgement_records
from vitrine.data.vectors.files import FOLDER, ProductVectors, QueryVectors, write_vector_files

CATEGORIES, FAMILIES = 1_000, 50_000


def write_vectors(data: Path, dimension: int, images: bool = False, seed: int = 0) -> Path:
    """Write vectors of `dimension` numbers to `data`/vectors; return that folder.

    They are those of `benchmarks/shop_vectors.py`, with random categories and families. Products have a vector of their
    text and, if `images`, one of their image where the catalogue names one.
    """
    folder = data / FOLDER
    shop = _Shop(np.random.default_rng(seed), dimension)
    write_vector_files(folder, "generated", dimension, _queries(data, shop), _products(data, shop, images))
    return folder


class _Shop:
    """Vectors of products and queries, each of a random family."""

    def __init__(self, rng: np.random.Generator, dimension: int) -> None:
        self.rng, self.parts, self.dimension = rng, VectorParts(rng, dimension), dimension
        of_category = CATEGORY * self.parts.draw(CATEGORIES)
        category = rng.integers(0, CATEGORIES, FAMILIES)
        self._families = self.parts.common + of_category[category] + FAMILY * self.parts.draw(FAMILIES)

    def vectors(self, rows: int, own: float) -> Vectors:
        """Return unit vectors, float32 [rows, D], whose own part has the length `own`."""
        family = self.rng.integers(0, FAMILIES, rows)
        return unit(self._families[family] + own * self.parts.draw(rows))


def _queries(data: Path, shop: _Shop) -> Iterator[QueryVectors]:
    tables = [records.table.select([QUERY_ID, QUERY]) for split in SPLITS for records in judgement_records(data, split)]
    rows = pa.concat_tables(tables).group_by(QUERY_ID).aggregate([(QUERY, "min")]).combine_chunks()
    ids, texts = (rows[name].combine_chunks() for name in (QUERY_ID, f"{QUERY}_min"))
    yield QueryVectors(ids, texts, shop.vectors(len(ids), DEVIATION))


def _products(data: Path, shop: _Shop, images: bool) -> Iterator[ProductVectors]:
    for records in catalogue_records(data):
        ids, rows = records.table[PRODUCT_ID].combine_chunks(), records.table.num_rows
        has_image = np.asarray(pc.not_equal(records.table[IMAGE], "")) if images else np.zeros(rows, bool)
        image = shop.vectors(rows, OWN) if images else np.zeros((rows, shop.dimension), np.float32)
        image[~has_image] = 0
        yield ProductVectors(ids, shop.vectors(rows, OWN), image, np.ones(rows, bool), has_image)
