"""Search of the whole catalogue with every ranking, in batches of queries."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.benchmark.rankers import BM25, Rankers
from vitrine.benchmark.split import Floats, Rows, Split
from vitrine.metrics.ranking import Run

CELLS: Final = 4_000_000
"""Scores of one ranking held at once: 32 MB."""
NO_PRODUCT: Final = -1
"""The row of a rank without a product."""


@dataclass(frozen=True)
class TopProducts:
    """The best products of Q queries: rows int64 [Q, K], best first, or `NO_PRODUCT`; and their scores."""

    rows: Rows
    score: Floats

    def run(self, split: Split, product_ids: npt.NDArray[np.object_]) -> Run:
        """Return the products as a run, best first."""
        return Run.from_top(split.ids, [product_ids[row[row != NO_PRODUCT]].tolist() for row in self.rows])

    def reordered(self, score: Floats) -> "TopProducts":
        """Return the same products ordered by other scores, [Q, K]."""
        score = np.where(self.rows == NO_PRODUCT, -np.inf, score)
        order = np.argsort(-score, axis=1, kind="stable")
        return TopProducts(np.take_along_axis(self.rows, order, 1), np.take_along_axis(score, order, 1))


def search(rankers: Rankers, split: Split, k: int) -> dict[str, TopProducts]:
    """Return the best `k` products of every ranking, or fewer of a smaller catalogue.

    BM25 returns only products that share a word with the query.
    """
    count = rankers.products.count
    batch = max(1, CELLS // count)
    batches: dict[str, list[TopProducts]] = {}
    for start in range(0, len(split.ids), batch):
        queries = slice(start, start + batch)
        for name, scores in rankers.of_catalogue(split, queries).items():
            batches.setdefault(name, []).append(_best(scores, min(k, count), lowest=0.0 if name == BM25 else -np.inf))
        progress.report("searching the whole catalogue", min(start + batch, len(split.ids)), len(split.ids))
    return {
        name: TopProducts(np.concatenate([top.rows for top in tops]), np.concatenate([top.score for top in tops]))
        for name, tops in batches.items()
    }


def _best(scores: Floats, k: int, lowest: float) -> TopProducts:
    rows = np.argpartition(-scores, k - 1, axis=1)[:, :k].astype(np.int64)
    top = TopProducts(rows, np.take_along_axis(scores, rows, 1))
    top = top.reordered(top.score)
    return TopProducts(np.where(top.score > lowest, top.rows, NO_PRODUCT), top.score)
