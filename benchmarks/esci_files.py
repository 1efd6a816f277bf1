"""Made-up files in the layout and with the sizes of Amazon's Shopping Queries Dataset.

Sizes are those of the published large version (Reddy et al. 2022, arXiv:2206.06588, table 2): 130,652 queries,
2,621,738 judgements, 1,814,924 products in three locales. Lengths of texts are typical of shops: titles of about 100
characters, points and descriptions of about 600 each, half of the descriptions empty, a third of them with HTML.
"""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, parquet

from vitrine.data.adapters.esci import EXAMPLES, LOCALES, PRODUCTS, SOURCES

QUERIES: Final = 130_652
JUDGED: Final = 2_621_738
CATALOGUE: Final = 1_814_924
SHARES: Final = (0.70, 0.12, 0.18)
"""Shares of the locales."""
LABELS: Final = {"E": 0.65, "S": 0.22, "C": 0.03, "I": 0.10}
BLOCK: Final = 100_000
"""Products written at a time."""

Integers = npt.NDArray[np.int64]


def write_esci(folder: Path, scale: float = 1.0, seed: int = 0) -> None:
    """Write the three files, with `scale` of the published number of queries, judgements and products."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    queries, judged, products = (max(20, int(count * scale)) for count in (QUERIES, JUDGED, CATALOGUE))
    locale_of_query = np.sort(rng.choice(len(LOCALES), queries, p=SHARES))
    locale_of_product = np.sort(rng.choice(len(LOCALES), products, p=SHARES))
    locale_of_product[: len(LOCALES)] = range(len(LOCALES))
    locale_of_product.sort()
    words = made_up_words(rng)
    write_products(folder / PRODUCTS, rng, words, locale_of_product)
    _write_examples(folder / EXAMPLES, rng, words, locale_of_query, locale_of_product, judged)
    sources = pa.array(["behavioral", "negations", "other"]).take(pa.array(rng.integers(0, 3, queries)))
    csv.write_csv(pa.table({"query_id": range(queries), "source": sources}), folder / SOURCES)


def made_up_words(rng: np.random.Generator) -> pa.Array:
    """Draw some 20,000 different words, string [W]."""
    letters = rng.integers(97, 123, (20_000, 12), dtype=np.uint8)
    return pa.array(
        sorted({bytes(row[:length]).decode() for row, length in zip(letters, rng.integers(3, 12, 20_000), strict=True)})
    )


def texts_of(rng: np.random.Generator, words: pa.Array, rows: int, length: int) -> pa.Array:
    """Draw random texts of `length` words each, string [rows]."""
    drawn = words.take(pa.array(rng.integers(0, len(words), rows * length)))
    lists = pa.ListArray.from_arrays(pa.array(np.arange(0, rows * length + 1, length, dtype=np.int32)), drawn)
    return pc.binary_join(lists, " ")


def product_ids(numbers: Integers) -> pa.Array:
    """Return ids of ten characters, string [N], for numbers int64 [N]."""
    return pc.binary_join_element_wise("B", pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 9, padding="0"), "")


def write_products(path: Path, rng: np.random.Generator, words: pa.Array, locales: Integers) -> None:
    """Write a product for each of `locales`, int64 [N], indices of `LOCALES`."""
    names = pa.array(LOCALES)
    writer = None
    for start in range(0, len(locales), BLOCK):
        block = locales[start : start + BLOCK]
        rows = len(block)
        points, description = texts_of(rng, words, rows, 75), texts_of(rng, words, rows, 75)
        marked = pc.binary_join_element_wise("<p><b>About</b> &amp; more<br>", description, "</p>", "")
        described = pc.if_else(pa.array(rng.random(rows) < 1 / 3), marked, description)
        missing = pa.scalar(None, pa.string())
        table = pa.table(
            {
                "product_id": product_ids(np.arange(start, start + rows)),
                "product_title": texts_of(rng, words, rows, 13),
                "product_description": pc.if_else(pa.array(rng.random(rows) < 0.5), described, missing),
                "product_bullet_point": pc.if_else(pa.array(rng.random(rows) < 0.85), points, missing),
                "product_brand": texts_of(rng, words, rows, 1),
                "product_color": pc.if_else(pa.array(rng.random(rows) < 0.6), texts_of(rng, words, rows, 1), missing),
                "product_locale": names.take(pa.array(block)),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _write_examples(
    path: Path,
    rng: np.random.Generator,
    words: pa.Array,
    locale_of_query: Integers,
    locale_of_product: Integers,
    judged: int,
) -> None:
    """Write judgements of each query on neighbouring products of its locale: all products, and no pair twice."""
    queries, products = len(locale_of_query), len(locale_of_product)
    of_query = np.sort(rng.integers(0, queries, judged))
    starts = np.searchsorted(of_query, np.arange(queries))
    place = np.arange(judged) - starts[of_query]
    bounds = np.searchsorted(locale_of_product, np.arange(len(LOCALES) + 1))
    low, size = bounds[locale_of_query], np.diff(bounds)[locale_of_query]
    first = (np.arange(queries) * (products / queries)).astype(np.int64) - low
    product = low[of_query] + (first[of_query] + place) % size[of_query]
    texts = pc.binary_join_element_wise(
        texts_of(rng, words, queries, 3), pa.array(np.arange(queries)).cast(pa.string()), " "
    )
    test = rng.random(queries) < 0.27
    small = rng.random(queries) < 0.37
    labels = pa.array(list(LABELS)).take(pa.array(rng.choice(len(LABELS), judged, p=list(LABELS.values()))))
    table = pa.table(
        {
            "example_id": np.arange(judged),
            "query": texts.take(pa.array(of_query)),
            "query_id": of_query,
            "product_id": product_ids(product),
            "product_locale": pa.array(LOCALES).take(pa.array(locale_of_query[of_query])),
            "esci_label": labels,
            "small_version": small[of_query].astype(np.int64),
            "large_version": np.ones(judged, np.int64),
            "split": pc.if_else(pa.array(test[of_query]), "test", "train"),
        }
    )
    parquet.write_table(table, path)
