"""Judged pairs in memory, and the batches of a training epoch."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

POOL: Final = 16
"""Batches that are cut from one pool sorted by length. A larger pool needs less padding, and mixes rows less."""


class Pairs(NamedTuple):
    """Judged pairs: `queries` and `texts` [P], and `labels` int64 [P], class ids."""

    queries: Sequence[str]
    texts: Sequence[str]
    labels: npt.NDArray[np.int64]

    def where(self, mask: npt.NDArray[np.bool_]) -> "Pairs":
        """Return the pairs where `mask` (bool [P]) is set."""
        rows = np.flatnonzero(mask).tolist()
        return Pairs([self.queries[row] for row in rows], [self.texts[row] for row in rows], self.labels[mask])


def epoch_batches(
    queries: Sequence[str], lengths: npt.NDArray[np.int64], size: int, group: int, rng: np.random.Generator
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the rows of an epoch's batches, int64 [at most `size`]: each row once, rows of similar length together.

    Args:
        queries: [P]; up to `group` random rows of one query stay together.
        lengths: [P], the lengths that padding depends on.
        size: rows per batch.
        group: rows of one query that stay together in a batch; 1 mixes all rows.
        rng: random generator of the order.
    """
    groups = _groups(queries, group, rng)
    longest = np.array([lengths[rows].max() for rows in groups])
    per_batch = max(1, size // group)
    batches = []
    for start in range(0, len(groups), POOL * per_batch):
        pool = np.arange(start, min(start + POOL * per_batch, len(groups)))
        pool = pool[np.argsort(longest[pool], kind="stable")]
        batches += [pool[first : first + per_batch] for first in range(0, len(pool), per_batch)]
    for batch in rng.permutation(len(batches)):
        yield np.concatenate([groups[index] for index in batches[batch]])


def _groups(queries: Sequence[str], size: int, rng: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Return random groups of rows, each of one query, in random order."""
    order = rng.permutation(len(queries))
    if size == 1:
        return list(order[:, np.newaxis])
    by_query: dict[str, list[int]] = {}
    for row in order:
        by_query.setdefault(queries[row], []).append(row)
    groups = [np.array(rows[start : start + size]) for rows in by_query.values() for start in range(0, len(rows), size)]
    return [groups[index] for index in rng.permutation(len(groups))]
