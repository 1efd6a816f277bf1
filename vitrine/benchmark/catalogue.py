"""Searching the whole catalogue with every ranking, a batch of queries at a time."""

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
NOTHING: Final = -1


@dataclass(frozen=True)
class Top:
    """The best products of Q queries: rows int64 [Q, K], best first, `NOTHING` where none is left, and their scores."""

    rows: Rows
    score: Floats

    def run(self, split: Split, product_ids: npt.NDArray[np.object_]) -> Run:
        """As a run, best first."""
        return Run.from_top(split.ids, [product_ids[row[row != NOTHING]].tolist() for row in self.rows])

    def reordered(self, score: Floats) -> "Top":
        """The same products by other scores, [Q, K]."""
        score = np.where(self.rows == NOTHING, -np.inf, score)
        order = np.argsort(-score, axis=1, kind="stable")
        return Top(np.take_along_axis(self.rows, order, 1), np.take_along_axis(score, order, 1))


def search(rankers: Rankers, split: Split, k: int) -> dict[str, Top]:
    """The best `k` products of every ranking, or all of a smaller catalogue. BM25 gives none without a shared word."""
    count = rankers.products.count
    batch = max(1, CELLS // count)
    found: dict[str, list[Top]] = {}
    for start in range(0, len(split.ids), batch):
        at = slice(start, start + batch)
        for name, scores in rankers.of_catalogue(split, at).items():
            found.setdefault(name, []).append(_best(scores, min(k, count), lowest=0.0 if name == BM25 else -np.inf))
        progress.report("searching the whole catalogue", min(start + batch, len(split.ids)), len(split.ids))
    return {
        name: Top(np.concatenate([one.rows for one in tops]), np.concatenate([one.score for one in tops]))
        for name, tops in found.items()
    }


def _best(scores: Floats, k: int, lowest: float) -> Top:
    rows = np.argpartition(-scores, k - 1, axis=1)[:, :k].astype(np.int64)
    top = Top(rows, np.take_along_axis(scores, rows, 1))
    top = top.reordered(top.score)
    return Top(np.where(top.score > lowest, top.rows, NOTHING), top.score)
