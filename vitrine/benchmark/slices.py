"""Groups of queries, and of judged pairs, whose results are shown apart."""

from collections import Counter
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.benchmark.split import Split
from vitrine.labels import CLASS_IDS
from vitrine.search.products import Products

WORDS: Final = ((1, 2), (3, 4), (5, None))
HEAD: Final = 0.5
"""Categories are head ones, the largest first, until they hold this share of the catalogue."""

Mask = npt.NDArray[np.bool_]


def query_slices(split: Split, products: Products) -> dict[str, Mask]:
    """Masks over the queries, bool [Q]: by words, by source, by the category of what answers, by its pictures.

    A query's category is the commonest among its exact products; its products have pictures if most exact ones have.
    Slices without a query are left out.
    """
    words = np.array([len(text.split()) for text in split.texts])
    found = {
        f"{low}–{high} words" if high else f"{low} words or more": (words >= low)
        & (words <= (high or words.max(initial=0)))
        for low, high in WORDS
    }
    sources = np.array(split.sources)
    found |= {f"source {source}": sources == source for source in sorted(set(split.sources)) if source}
    categories = products.strings("category")
    head = _head(categories)
    exact: dict[int, list[int]] = {}
    for query, row in zip(split.query[_exact(split)], split.pairs.row[_exact(split)], strict=True):
        exact.setdefault(int(query), []).append(int(row))
    own = {query: Counter(categories[row] for row in rows).most_common(1)[0][0] for query, rows in exact.items()}
    pictured = {query: products.has_image[rows].mean() > 0.5 for query, rows in exact.items()}
    everywhere = range(len(split.ids))
    if any(categories):
        found["head category"] = np.array([bool(own.get(one)) and own[one] in head for one in everywhere])
        found["tail category"] = np.array([bool(own.get(one)) and own[one] not in head for one in everywhere])
    if products.has_image.any() and not products.has_image.all():
        found["answers with a picture"] = np.array([bool(pictured.get(one, False)) for one in everywhere])
        found["answers without one"] = np.array([one in pictured and not pictured[one] for one in everywhere])
    return {name: mask for name, mask in found.items() if mask.any()}


def _exact(split: Split) -> Mask:
    exact: Mask = split.label == CLASS_IDS["E"]
    return exact


def _head(categories: list[str]) -> set[str]:
    counts = Counter(category for category in categories if category)
    total, head, held = counts.total(), set[str](), 0
    for category, count in counts.most_common():
        if held >= HEAD * total:
            break
        head.add(category)
        held += count
    return head
