"""Pools of candidates: for each query, the first products of several ways to search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import pyarrow as pa

from vitrine import progress
from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import PRODUCT_ID

Search = Callable[[Sequence[str], int], list[list[str]]]
"""A way to search: the best products of each query, at most a number, best first."""


@dataclass(frozen=True)
class Pool:
    """A query and the ids of the products to judge for it, the best candidates first."""

    query: str
    products: tuple[str, ...]


def pools(catalogue: pa.Table, queries: Sequence[str], candidates: int, serving: Path | None = None) -> list[Pool]:
    """Return each query's pool: the first `candidates` of BM25 and, with a pushed model, of its vectors and its own.

    Queries that nothing is found for are left out.

    Raises:
        DataError: `serving` holds no search model, or it cannot answer.
    """
    progress.note(f"searching for {len(queries):,} queries")
    rankings = [Bm25(catalogue, queries).search(queries, candidates)]
    if serving is not None:
        rankings += _pushed(serving, queries, candidates)
    known = set(catalogue[PRODUCT_ID].to_pylist())
    found = [Pool(query, _united(lists, known)) for query, *lists in zip(queries, *rankings, strict=True)]
    return [pool for pool in found if pool.products]


def _pushed(serving: Path, queries: Sequence[str], candidates: int) -> list[list[list[str]]]:
    from vitrine.search.exported_model import MODEL_NAME, ExportedModel
    from vitrine.search.local_client import newest_version

    with ExportedModel(serving / MODEL_NAME / str(newest_version(serving))) as model:
        results = (model.nearest(queries), model.search(queries).product_id)
        return [products[:, :candidates].tolist() for products in results]


def _united(lists: Sequence[Sequence[str]], known: set[str]) -> tuple[str, ...]:
    """Return the products of all lists, rank by rank; those that the catalogue no longer has are left out."""
    ranks = zip_longest(*lists)
    return tuple(dict.fromkeys(product for rank in ranks for product in rank if product in known))
