"""Figures of one list of results, and of two lists for two groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.labels import GAINS

DEPTH: Final = 10
"""Results that count, as in nDCG@10."""
FIGURES: Final = ("found", "junk", "results", "gain", "in_category", "price", "brands", "diversity")


@dataclass(frozen=True)
class Shown:
    """One product of a list; `terms` are those of its title, `words` those of all its text.

    `price` is NaN and `brand` and `category` are empty where the catalogue has none.
    """

    product_id: str
    brand: str
    category: str
    price: float
    terms: frozenset[str]
    words: frozenset[str]


def list_figures(
    shown: Sequence[Shown], esci: npt.NDArray[np.float32], is_junk: bool, category: str
) -> dict[str, float]:
    """Measure the first `DEPTH` products of a list.

    Args:
        shown: The products, best first.
        esci: Their probabilities of I, C, S and E, float32 [K, 4].
        is_junk: Whether the query was taken for junk, so that its results are not shown.
        category: The category that was asked for; empty if the catalogue has none.

    Returns:
        `found`: 1 if anything is shown; `junk`: 1 if the query was taken for junk; `results`: the number of products
        that are more probably exact or substitute than not; `gain`: the mean expected gain; `in_category`: the share of
        the category; `price`: the median; `brands`: distinct brands; `diversity`: the mean Jaccard distance of two
        titles. NaN where there is nothing to measure.
    """
    first, labels = shown[:DEPTH], np.asarray(esci, float).reshape(-1, len(GAINS))[:DEPTH]
    if is_junk or not first:
        return dict.fromkeys(FIGURES, float("nan")) | {
            "found": 0.0, "junk": float(is_junk), "results": 0.0, "gain": 0.0,
            "in_category": 0.0 if category else float("nan"),
        }  # fmt: skip
    prices = [product.price for product in first if np.isfinite(product.price)]
    brands = {product.brand for product in first if product.brand}
    return {
        "found": 1.0,
        "junk": 0.0,
        "results": float((labels[:, 2:].sum(axis=1) > 0.5).sum()),
        "gain": float((labels @ np.array(GAINS)).mean()) if labels.size else float("nan"),
        "in_category": float(np.mean([product.category == category for product in first])) if category else np.nan,
        "price": median(prices) if prices else float("nan"),
        "brands": float(len(brands)) if brands else float("nan"),
        "diversity": title_distance(first),
    }


def title_distance(shown: Sequence[Shown]) -> float:
    """Return the mean Jaccard distance of the titles' terms over all pairs, in [0, 1]; NaN below two products."""
    distances = [
        1 - len(left.terms & right.terms) / max(len(left.terms | right.terms), 1)
        for left, right in combinations(shown, 2)
    ]
    return float(np.mean(distances)) if distances else float("nan")


def pair_figures(first: Sequence[Shown], second: Sequence[Shown], words: frozenset[str]) -> dict[str, float]:
    """Compare the lists of two queries that differ in the group only.

    Args:
        first: The products of one query, best first.
        second: Those of the other.
        words: The terms by which either group is named.

    Returns:
        `overlap`: products in both, as a share of the longer list; `overlap_beyond`: the same without the products
        whose own text names either group; `moved`: the mean number of places by which shared products differ; `price`:
        the logarithm of the ratio of the median prices. NaN where there is nothing to compare.
    """
    left, right = first[:DEPTH], second[:DEPTH]
    rank = {product.product_id: place for place, product in enumerate(left)}
    moved = [abs(place - rank[found.product_id]) for place, found in enumerate(right) if found.product_id in rank]
    neutral = [[product for product in side if not product.words & words] for side in (left, right)]
    prices = [[product.price for product in side if product.price > 0] for side in (left, right)]
    return {
        "overlap": _overlap(left, right),
        "overlap_beyond": _overlap(*neutral),
        "moved": float(np.mean(moved)) if moved else float("nan"),
        "price": float(np.log(median(prices[0]) / median(prices[1]))) if all(prices) else float("nan"),
    }


def _overlap(first: Sequence[Shown], second: Sequence[Shown]) -> float:
    longer = max(len(first), len(second))
    ids = {product.product_id for product in first} & {product.product_id for product in second}
    return len(ids) / longer if longer else float("nan")
