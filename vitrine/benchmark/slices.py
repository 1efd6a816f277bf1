"""Slices of the queries, whose results are reported apart."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.benchmark.split import Split
from vitrine.categories.scores import tail_classes
from vitrine.labels import CLASS_IDS
from vitrine.search.products import Products

WORDS: Final = ((1, 2), (3, 4), (5, None))

Mask = npt.NDArray[np.bool_]


def query_slices(split: Split, products: Products) -> dict[str, Mask]:
    """Return masks over the queries, bool [Q]: by number of words, by source, by category and by images of products.

    A query's category is the most frequent one of its exact products; it counts as having images if most of these have.
    Slices without a query are left out.
    """
    words = np.array([len(text.split()) for text in split.texts])
    slices = {
        f"{low}–{high} words" if high else f"{low} words or more": (words >= low)
        & (words <= (high or words.max(initial=0)))
        for low, high in WORDS
    }
    sources = np.array(split.sources)
    slices |= {f"source {source}": sources == source for source in sorted(set(split.sources)) if source}
    categories = products.strings("category")
    head = head_categories(categories)
    exact: dict[int, list[int]] = {}
    for query, row in zip(split.query[_exact(split)], split.pairs.row[_exact(split)], strict=True):
        exact.setdefault(int(query), []).append(int(row))
    category = {query: Counter(categories[row] for row in rows).most_common(1)[0][0] for query, rows in exact.items()}
    has_image = {query: products.has_image[rows].mean() > 0.5 for query, rows in exact.items()}
    queries = range(len(split.ids))
    if any(categories):
        slices["head category"] = np.array([bool(category.get(query)) and category[query] in head for query in queries])
        slices["tail category"] = np.array(
            [bool(category.get(query)) and category[query] not in head for query in queries]
        )
    if products.has_image.any() and not products.has_image.all():
        slices["products with an image"] = np.array([bool(has_image.get(query, False)) for query in queries])
        slices["products without one"] = np.array([query in has_image and not has_image[query] for query in queries])
    return {name: mask for name, mask in slices.items() if mask.any()}


def _exact(split: Split) -> Mask:
    exact: Mask = split.label == CLASS_IDS["E"]
    return exact


def head_categories(categories: Sequence[str]) -> set[str]:
    """Return the categories that are not of the tail, which is that of a category head (see `tail_classes`)."""
    counts = Counter(category for category in categories if category)
    names = sorted(counts)
    tail = tail_classes(np.array([counts[name] for name in names], np.int64))
    return {name for name, rare in zip(names, tail, strict=True) if not rare}
