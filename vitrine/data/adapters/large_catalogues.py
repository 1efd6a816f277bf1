"""Bounds for derived judgements over large catalogues: the chosen queries, and the products they are judged against.

`derived_judgements.judge` orders all products for each query. For a hundred thousand products and as many possible
queries that takes days, so both are limited here, by stable hashes.
"""

import heapq
import zlib
from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import chain
from typing import Final, TypeVar

from vitrine.data.adapters.derived_judgements import InformationNeed
from vitrine.data.contract.splits import normalise, sample

Kind = TypeVar("Kind", bound=Hashable)

QUERIES: Final = 2_000
"""Maximal number of queries."""

MAX_EXACT: Final = 200
"""Maximal number of exact products of a query: all are judged, and thousands would make up most of the dataset."""

POOL: Final = 2_000
"""Number of products that the irrelevant ones of all queries are chosen from."""

CANDIDATES: Final = 200
"""Minimal number of a kind's products that substitutes and complements are chosen from."""


def choose_needs(needs: Iterable[InformationNeed]) -> list[InformationNeed]:
    """Choose `QUERIES` queries by hash from the needs with 1 to `MAX_EXACT` exact products, in the order of queries."""
    eligible = [need for need in needs if 0 < len(need.exact) <= MAX_EXACT]
    queries = {normalise(need.query) for need in eligible}
    chosen = set(sample(queries, QUERIES, "asked"))
    # The rules' sets have another order in every process; the same input is to give the same bytes.
    return sorted((need for need in eligible if normalise(need.query) in chosen), key=lambda need: need.query)


def choose_products(kinds: Mapping[Kind, Collection[str]]) -> tuple[list[str], dict[Kind, set[str]]]:
    """Return the pool of products for `judge` and each kind's candidates, from the ids of each kind's products.

    A kind's candidates contain all of its products in the pool, so that none of them is labelled irrelevant.
    """
    pool = heapq.nsmallest(POOL, chain.from_iterable(kinds.values()), key=_order)
    pooled = set(pool)
    return pool, {kind: choose_candidates(products, pooled) for kind, products in kinds.items()}


def choose_candidates(products: Collection[str], pool: set[str]) -> set[str]:
    """Choose all products that are in the pool, and at least `CANDIDATES` of them if there are as many."""
    return pool.intersection(products).union(heapq.nsmallest(CANDIDATES, products, key=_order))


def _order(product: str) -> tuple[int, str]:
    return zlib.crc32(product.encode()), product
