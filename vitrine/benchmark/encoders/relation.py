"""Things that belong together, such as titles and images, of which one kind searches the other."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BLOCK: Final = 256
"""Queries whose similarities are held at once."""

Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Relation:
    """Q queries, N candidates, and P pairs of them that belong together.

    `queries` [Q] and `candidates` [N] are rows of two lists, in ascending order; `query` and `candidate`, [P], are
    positions among them. Every query is in a pair.
    """

    queries: Rows
    candidates: Rows
    query: Rows
    candidate: Rows

    @classmethod
    def of(cls, left: Rows, right: Rows, further: Rows | None = None) -> "Relation":
        """Relate rows `left` [P] of one list with rows `right` [P] of another, with `further` rows as candidates."""
        queries, query = np.unique(left, return_inverse=True)
        candidates = np.unique(right if further is None else np.concatenate([right, further]))
        return cls(queries, candidates, query, np.searchsorted(candidates, right))

    def ranks(self, queries: Vectors, candidates: Vectors) -> npt.NDArray[np.float64]:
        """Return the rank, from 1, of the most similar of each query's own candidates, float64 [Q].

        Other candidates of the same similarity rank above it, so that vectors that are all alike find nothing.

        Args:
            queries: vectors of the queries' list, float32 […, D], rows of unit length.
            candidates: vectors of the candidates' list, float32 [..., D], rows of unit length.
        """
        among = candidates[self.candidates]
        order = np.argsort(self.query, kind="stable")
        starts = np.searchsorted(self.query[order], np.arange(0, len(self.queries) + BLOCK, BLOCK))
        ranks = np.zeros(len(self.queries))
        for number, start in enumerate(range(0, len(self.queries), BLOCK)):
            similarity = queries[self.queries[start : start + BLOCK]] @ among.T
            pairs = order[starts[number] : starts[number + 1]]
            row, column = self.query[pairs] - start, self.candidate[pairs]
            own = similarity[row, column]
            best = np.full(len(similarity), -np.inf, np.float32)
            np.maximum.at(best, row, own)
            similarity[row, column] = -np.inf
            ranks[start : start + BLOCK] = 1 + (similarity >= best[:, np.newaxis]).sum(axis=1)
        return ranks


def rank_metrics(ranks: npt.NDArray[np.float64], metrics: tuple[str, ...]) -> dict[str, npt.NDArray[np.float64]]:
    """Return `recall@k` (found among the first k) and `mrr` of each query, float64 [Q], by its rank."""
    return {
        metric: 1 / ranks if metric == "mrr" else (ranks <= int(metric.removeprefix("recall@"))).astype(np.float64)
        for metric in metrics
    }
