"""Derived judgements over large catalogues: the queries that are asked, and the products they are judged against.

`derived.judge` orders all products for each query. Over a hundred thousand products and as many possible queries that
takes days, so both are bounded here, by stable hashes.
"""

import heapq
import zlib
from collections.abc import Collection, Hashable, Iterable, Mapping
from itertools import chain
from typing import Final, TypeVar

from vitrine.data.adapters.derived_judgements import InformationNeed
from vitrine.data.contract.splits import normalise, position

Kind = TypeVar("Kind", bound=Hashable)

QUERIES: Final = 2_000
"""Queries asked, at most."""

MOST_EXACT: Final = 200
"""Answers of a query, at most: all are judged, and a query with thousands would be most of the dataset."""

POOL: Final = 2_000
"""Products that the irrelevant ones of all queries are chosen from."""

CANDIDATES: Final = 200
"""Products of a kind, at least, that its substitutes or complements are chosen from."""


def choose_needs(needs: Iterable[InformationNeed]) -> list[InformationNeed]:
    """The needs that are asked: of those with 1 to `MOST_EXACT` answers, `QUERIES` chosen by the hash of the query."""
    answered = [need for need in needs if 0 < len(need.exact) <= MOST_EXACT]
    queries = {normalise(need.query) for need in answered}
    chosen = set(heapq.nsmallest(QUERIES, queries, key=lambda query: (position(query, "asked"), query)))
    return [need for need in answered if normalise(need.query) in chosen]


def choose_products(kinds: Mapping[Kind, Collection[str]]) -> tuple[list[str], dict[Kind, set[str]]]:
    """The pool of products for `derived.judge`, and each kind's candidates, given the ids of each kind's products.

    A kind's candidates contain all of its products that are in the pool: none of them is irrelevant by accident.
    """
    pool = heapq.nsmallest(POOL, chain.from_iterable(kinds.values()), key=_order)
    pooled = set(pool)
    candidates = {
        kind: pooled.intersection(products).union(heapq.nsmallest(CANDIDATES, products, key=_order))
        for kind, products in kinds.items()
    }
    return pool, candidates


def _order(product: str) -> tuple[int, str]:
    return zlib.crc32(product.encode()), product
