"""Ranking metrics of pairs of numbered queries and products, computed by ranx.

See `vitrine.metrics.ranking` for the metrics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.labels import CLASS_IDS, GAINS

# ranx takes integer relevance levels, so gains are multiplied by 100. nDCG is a ratio, in which the factor cancels out.
_SCALE: Final = 100
_EXACT: Final = round(GAINS[CLASS_IDS["E"]] * _SCALE)
_QUERIES: Final = 16_384
"""Queries whose pools are padded together, to the longest of them."""
_STRINGS: Final = 65_536

Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """P pairs: `query` and `product`, int64 [P], numbers from 0."""

    query: Numbers
    product: Numbers


class RankedPairs:
    """Judged pairs of Q queries, and the pairs that are ranked, by one score after another."""

    def __init__(
        self, queries: int, judged: Pairs, gain: Values, ranked: Pairs, tie_break: npt.NDArray[np.uint64]
    ) -> None:
        """Arrange the pairs.

        Args:
            queries: Q.
            judged: the judged pairs; of a pair that occurs twice, the higher gain counts.
            gain: of the judged pairs, float64 [J].
            ranked: the pairs that are ranked.
            tie_break: the order of products with equal scores, uint64 by product.
        """
        self._queries, self._ranked, self._tie_break = queries, ranked, tie_break
        self._judged = _best_first(queries, judged, np.round(gain * _SCALE), tie_break)

    def measure(self, score: npt.ArrayLike, metrics: Sequence[str]) -> dict[str, Values]:
        """Return each metric of each query, float64 [Q], of the pairs ranked by `score` [R]; NaN ranks last."""
        names = [_ranx_name(metric) for metric in metrics]
        from ranx import evaluate as ranx_evaluate  # 5 s to import

        ranked = _best_first(self._queries, self._ranked, np.asarray(score, np.float64), self._tie_break)
        parts: list[dict[str, Values]] = []
        for start in range(0, self._queries, _QUERIES):
            block = slice(start, min(start + _QUERIES, self._queries))
            # Dense ids in arrays replace ranx's dictionaries, which hash ids into float64 and take seconds to compile
            # and fill. At least two names are passed: for a single one with a cut-off, ranx 0.3.21 looks its result up
            # by a wrong key.
            pools = self._judged.padded(block, pad=-1), ranked.padded(block, pad=-2)
            parts.append(ranx_evaluate(*pools, [*names, names[0]], return_mean=False))
        return {
            metric: np.concatenate([np.empty(0), *(part[name] for part in parts)])
            for metric, name in zip(metrics, names, strict=True)
        }


@dataclass(frozen=True)
class _BestFirst:
    """Distinct pairs in the order of their queries, each query's best first; query i has those from `starts[i]` on."""

    product: Numbers
    value: Values
    starts: Numbers

    def padded(self, queries: slice, pad: int) -> Values:
        """Return (product, value) of some queries, float64 [n, longest, 2]; `pad` is an id that no product has."""
        starts = self.starts[queries.start : queries.stop + 1]
        lengths = np.diff(starts)
        rows = slice(starts[0], starts[-1])
        query = np.repeat(np.arange(len(lengths)), lengths)
        position = np.arange(rows.start, rows.stop) - np.repeat(starts[:-1], lengths)
        padded = np.zeros((len(lengths), max(int(lengths.max(initial=0)), 1), 2))
        padded[:, :, 0] = pad
        padded[query, position, 0] = self.product[rows]
        padded[query, position, 1] = self.value[rows]
        return padded


def _best_first(queries: int, pairs: Pairs, value: Values, tie_break: npt.NDArray[np.uint64]) -> _BestFirst:
    order = np.lexsort((tie_break[pairs.product], -value, pairs.query))
    query, product = pairs.query[order], pairs.product[order]
    first = ~pd.Series(query * len(tie_break) + product).duplicated().to_numpy()
    starts = np.searchsorted(query[first], np.arange(queries + 1))
    return _BestFirst(product[first], value[order][first], starts)


def _ranx_name(metric: str) -> str:
    name, _, _ = metric.partition("@")
    if name == "ndcg":
        return metric
    if name in ("mrr", "recall", "precision"):
        return f"{metric}-l{_EXACT}"
    raise ValueError(f"unknown metric {metric!r}; known are ndcg, mrr, recall and precision, with or without @k")


def tie_breaks(products: Numbers | npt.NDArray[np.object_]) -> npt.NDArray[np.uint64]:
    """Return a hash of each product's id, uint64 [N]; numbers are hashed as strings of digits."""
    hashes = [np.empty(0, np.uint64)]
    for start in range(0, len(products), _STRINGS):
        strings = products[start : start + _STRINGS].astype(str).astype(object)
        hashes.append(pd.util.hash_array(strings, hash_key="vitrine-ranking-"))
    return np.concatenate(hashes)
