"""Unjudged products in rankings: their share, and the lists without them.

A ranking of a whole catalogue holds products that nobody judged, which count as irrelevant. That favours the systems
whose results the judges saw (pooling bias). Condensed lists leave unjudged products out of every ranking before it is
measured (Sakai 2007, "Alternatives to bpref"), so that only the order of judged products counts.
"""

from collections.abc import Mapping, Sequence, Set

Ranked = Mapping[str, Sequence[str]]
"""The product ids of each query's results, best first, by query id."""
Pools = Mapping[str, Set[str]]
"""The product ids of each query's judged pool, by query id."""


def condense(ranked: Ranked, pools: Pools) -> dict[str, list[str]]:
    """Return the rankings without unjudged products."""
    return {query: [product for product in products if product in pools[query]] for query, products in ranked.items()}


def unjudged_share(ranked: Ranked, pools: Pools, depth: int = 10) -> float:
    """Return the share of unjudged products among the first `depth` results of all queries; 0 without any result."""
    first = [(query, product) for query, products in ranked.items() for product in products[:depth]]
    unjudged = sum(product not in pools[query] for query, product in first)
    return unjudged / len(first) if first else 0.0
