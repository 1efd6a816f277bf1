"""Made-up files in the layout and with the size of the Shopping Queries Image Dataset and its part of ESCI.

    python -m benchmarks.sqid_files FOLDER [--scale 1.0]

The sizes are slightly above those of the published dataset (Al Ghossein et al. 2024, arXiv:2405.15190): 8,956 queries,
181,701 judgements, 164,900 products, of which 5% have no image. Words are made up. A product's two vectors are the
nearer to the query's, the better it fits, and have about the published lengths. Each file of vectors is one row group.
Queries are of random categories, and both have the structure of `benchmarks/shop_vectors.py`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from benchmarks.esci_files import Integers, made_up_words, product_ids, texts_of, write_products
from benchmarks.shop_vectors import CATEGORY, DEVIATION, VectorParts, unit
from vitrine.data.adapters.esci import EXAMPLES, PRODUCTS
from vitrine.data.adapters.sqid import (
    ADDRESSES,
    DIMENSION,
    IMAGE_FEATURES,
    MORE_ADDRESSES,
    PRODUCT_FEATURES,
    QUERY_FEATURES,
    TEXT_FEATURES,
    URL,
)

QUERIES: Final = 8_956
JUDGED: Final = 182_918
CATALOGUE: Final = 177_519
WITH_IMAGE: Final = 0.95
IN_SUPPLEMENT: Final = 0.15
"""Share of the images whose addresses are in the second file."""
LABELS: Final = {"E": 0.44, "S": 0.34, "C": 0.05, "I": 0.17}
CLOSENESS: Final = (0.60, 0.52, 0.48, 0.40)
"""Shares of the query's vector in that of a product with each of `LABELS`; the rest has another direction."""
CATEGORIES: Final = 400
LENGTH: Final = 15.0
"""Length of the vectors."""
BLOCK: Final = 8_192
"""Products whose vectors are drawn at a time."""

_Vectors = npt.NDArray[np.float32]


def write_sqid(folder: Path, scale: float = 1.0, seed: int = 0) -> None:
    """Write the six files, with `scale` of the number of queries, judgements and products."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    queries, judged, products = (max(20, int(count * scale)) for count in (QUERIES, JUDGED, CATALOGUE))
    words = made_up_words(rng)
    write_products(folder / PRODUCTS, rng, words, np.zeros(products, np.int64))
    # Each query judges products in a row, so that every product is judged and some are judged twice.
    of_query = np.sort(rng.integers(0, queries, judged))
    product = np.arange(judged) % products
    label = rng.choice(len(LABELS), judged, p=list(LABELS.values()))
    _write_examples(folder / EXAMPLES, texts_of(rng, words, queries, 3), of_query, product, label)
    has_image = rng.random(products) < WITH_IMAGE
    _write_addresses(folder, has_image, rng.random(products) < IN_SUPPLEMENT)
    parts = VectorParts(rng, DIMENSION)
    category = CATEGORY * parts.draw(CATEGORIES)[rng.integers(0, CATEGORIES, queries)]
    centres = unit(parts.common + category + DEVIATION * parts.draw(queries))
    ids = pa.array(np.arange(queries))
    table = pa.table({"query_id": ids, TEXT_FEATURES: _lists(centres * LENGTH, np.ones(queries, bool))})
    parquet.write_table(table, folder / QUERY_FEATURES)
    # A product that is judged twice is near the query that judges it last.
    last_query, last_label = np.zeros(products, np.int64), np.zeros(products, np.int64)
    last_query[product], last_label[product] = of_query, label
    closeness = np.array(CLOSENESS, np.float32)[last_label]
    features = pa.Table.from_batches(_blocks(parts, centres, last_query, closeness, has_image))
    parquet.write_table(features, folder / PRODUCT_FEATURES, row_group_size=products)


def _write_examples(path: Path, texts: pa.Array, of_query: Integers, product: Integers, label: Integers) -> None:
    judged = len(product)
    numbered = pc.binary_join_element_wise(texts, pa.array(np.arange(len(texts))).cast(pa.string()), " ")
    table = pa.table(
        {
            "example_id": np.arange(judged),
            "query": numbered.take(pa.array(of_query)),
            "query_id": of_query,
            "product_id": product_ids(product),
            "product_locale": pa.array(["us"] * judged),
            "esci_label": pa.array(list(LABELS)).take(pa.array(label)),
            "small_version": np.ones(judged, np.int64),
            "large_version": np.ones(judged, np.int64),
            "split": pa.array(["test"] * judged),
        }
    )
    parquet.write_table(table, path)


def _write_addresses(folder: Path, has_image: npt.NDArray[np.bool_], in_supplement: npt.NDArray[np.bool_]) -> None:
    for name, mask in ((ADDRESSES, ~in_supplement), (MORE_ADDRESSES, in_supplement)):
        ids = product_ids(np.flatnonzero(mask))
        addresses = pc.binary_join_element_wise("https://images.example/I/", ids, "._SY385_.jpg", "")
        urls = pc.if_else(pa.array(has_image[mask]), addresses, "")
        csv.write_csv(pa.table({"product_id": ids, URL: urls}), folder / f"{name}.csv")


def _blocks(
    parts: VectorParts,
    centres: _Vectors,
    of_query: Integers,
    closeness: _Vectors,
    has_image: npt.NDArray[np.bool_],
) -> Iterator[pa.RecordBatch]:
    """Yield the products' ids and vectors; a product without an image has a null."""
    for start in range(0, len(of_query), BLOCK):
        rows = slice(start, start + BLOCK)
        count = len(of_query[rows])
        near = closeness[rows, np.newaxis]
        sides = []
        for present in (np.ones(count, bool), has_image[rows]):
            other = unit(parts.common + parts.draw(count))
            vectors = unit(near * centres[of_query[rows]] + np.sqrt(1 - near**2) * other)
            sides.append(_lists((vectors * LENGTH).astype(np.float32), present))
        ids = product_ids(np.arange(start, start + count))
        yield pa.record_batch([ids, *sides], ["product_id", TEXT_FEATURES, IMAGE_FEATURES])


def _lists(vectors: _Vectors, present: npt.NDArray[np.bool_]) -> pa.ListArray:
    offsets = np.concatenate([[0], np.cumsum(present * DIMENSION)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(vectors[present].ravel()), mask=pa.array(~present))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder of the files, 1.3 GB at full scale")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the published size")
    arguments = parser.parse_args()
    write_sqid(arguments.folder, arguments.scale)


if __name__ == "__main__":
    main()
