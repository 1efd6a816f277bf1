"""Ranking metrics of judged queries, computed by ranx, each with its confidence interval.

* **nDCG**: linear gains of `vitrine.labels`, discount 1/log2(rank + 1) (Järvelin and Kekäläinen 2002), as the Shopping
  Queries benchmark computes it with trec_eval. `ndcg` has no cut-off; `ndcg@10` cuts both the ranking and the ideal at
  10.
* **MRR, Recall@k, Precision@k**: relevant means exact (E). Precision@k always divides by k.
* A query without any gain in its judgements scores 0 and stays in the mean, as in trec_eval; every system loses the
  same by it. A judged query that a run does not answer scores 0 as well.
* Products that a run returns and that are not judged count as irrelevant.
* **Ties** are broken by a hash of the product id. It is the same in every run, and independent of the order of rows and
  of ids that were numbered by relevance. A run of equal scores is therefore measured like a random order, not like the
  order of the file.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.bootstrap import RESAMPLES, Comparison, Estimate, compare, estimate
from vitrine.metrics.numbered import Pairs, RankedPairs, tie_breaks

Strings = Sequence[str] | npt.NDArray[np.object_]
METRICS: Final = ("ndcg@10", "ndcg", "mrr", "recall@1", "recall@5", "recall@10", "precision@10")


@dataclass(frozen=True)
class Judgements:
    """Judged pairs, one row each: `query_id` and `product_id` as str arrays [J], `gain` float64 [J].

    A pair that occurs twice counts once, with its higher gain.
    """

    query_id: npt.NDArray[np.object_]
    product_id: npt.NDArray[np.object_]
    gain: npt.NDArray[np.float64]

    @classmethod
    def from_labels(
        cls,
        query_id: Strings,
        product_id: Strings,
        esci_label: Strings,
        gains: Sequence[float] = GAINS,
    ) -> "Judgements":
        """Create judgements from columns of `judgements/*.csv`.

        `gains` by class id differ only for comparisons with results that were published with other gains.

        Raises:
            KeyError: a label is not one of E, S, C, I.
        """
        gain = np.asarray([gains[CLASS_IDS[label]] for label in esci_label], dtype=np.float64)
        return cls(_strings(query_id), _strings(product_id), gain)

    @property
    def queries(self) -> list[str]:
        """The distinct query ids, sorted, in the order of every per-query array."""
        return sorted(set(self.query_id.tolist()))

    @cached_property
    def pools(self) -> dict[str, set[str]]:
        """The judged products of each query, by query id."""
        pools: dict[str, set[str]] = {}
        for query, product in zip(self.query_id.tolist(), self.product_id.tolist(), strict=True):
            pools.setdefault(query, set()).add(product)
        return pools

    @property
    def share_with_gain(self) -> float:
        """The share of queries with any gain, which is nDCG of the ideal ranking; NaN without a query."""
        queries = self.queries
        with_gain = set(self.query_id[self.gain > 0].tolist())
        return len(with_gain) / len(queries) if queries else float("nan")

    def of_products(self, products: Collection[str]) -> "Judgements":
        """Return the judgements of these products."""
        return self._take(np.fromiter((product in products for product in self.product_id), bool, self.gain.size))

    def sample(self, queries: int, seed: int) -> "Judgements":
        """Return the judgements of at most `queries` queries, chosen at random."""
        known = np.asarray(self.queries, dtype=object)
        if len(known) <= queries:
            return self
        chosen = set(np.random.default_rng(seed).choice(known, queries, replace=False).tolist())
        return self._take(np.fromiter((query in chosen for query in self.query_id), bool, self.gain.size))

    def _take(self, rows: npt.NDArray[np.bool_]) -> "Judgements":
        return Judgements(self.query_id[rows], self.product_id[rows], self.gain[rows])


@dataclass(frozen=True)
class Run:
    """A system's results, one row each: `query_id` and `product_id` as str arrays [R], `score` float64 [R].

    Rows may come in any order; higher scores rank first. NaN scores rank last.
    """

    query_id: npt.NDArray[np.object_]
    product_id: npt.NDArray[np.object_]
    score: npt.NDArray[np.float64]

    @classmethod
    def from_columns(cls, query_id: Strings, product_id: Strings, score: npt.ArrayLike) -> "Run":
        """Create a run from three aligned columns, such as the judgements' ids with a score for each."""
        return cls(_strings(query_id), _strings(product_id), np.asarray(score, dtype=np.float64))

    @classmethod
    def from_top(cls, query_id: Sequence[str], product_id: Sequence[Sequence[str]]) -> "Run":
        """Create a run from one ranked list of product ids per query, best first, such as a search model's results."""
        lengths = [len(products) for products in product_id]
        ranks = np.concatenate([np.arange(length) for length in lengths]) if lengths else np.empty(0)
        flat = [product for products in product_id for product in products]
        return cls(np.repeat(_strings(query_id), lengths), _strings(flat), -ranks.astype(np.float64))


def evaluate(
    judgements: Judgements,
    run: Run,
    metrics: Sequence[str] = METRICS,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return the mean of each metric over the judged queries, with its 95% bootstrap interval.

    `metrics` are names such as `ndcg@10`, `ndcg`, `mrr`, `recall@5`, `precision@10`.
    """
    values = per_query(judgements, run, metrics)
    return {metric: estimate(values[metric], resamples, seed) for metric in metrics}


def compare_runs(judgements: Judgements, first: Run, second: Run, metric: str = "ndcg@10", seed: int = 0) -> Comparison:
    """Return the paired difference of one metric between two runs of the same queries."""
    values = [per_query(judgements, run, [metric])[metric] for run in (first, second)]
    return compare(values[0], values[1], seed=seed)


def per_query(judgements: Judgements, run: Run, metrics: Sequence[str] = METRICS) -> dict[str, npt.NDArray[np.float64]]:
    """Return each metric of each query, float64 [Q], in the order of `judgements.queries`."""
    queries = pd.Index(judgements.queries)
    products = pd.Index(pd.unique(np.concatenate([judgements.product_id, run.product_id])))
    judged, ranked = (_numbered(rows, queries, products) for rows in (judgements, run))
    known = ranked.query >= 0
    ranked = Pairs(ranked.query[known], ranked.product[known])
    pairs = RankedPairs(len(queries), judged, judgements.gain, ranked, tie_breaks(products.to_numpy()))
    return pairs.measure(run.score[known], metrics)


def judged_pools(judgements: Judgements) -> RankedPairs:
    """Return the judged pairs, to be measured by scores in their order; the queries are `judgements.queries`."""
    queries, products = pd.Index(judgements.queries), pd.Index(pd.unique(judgements.product_id))
    judged = _numbered(judgements, queries, products)
    return RankedPairs(len(queries), judged, judgements.gain, judged, tie_breaks(products.to_numpy()))


def _numbered(rows: Judgements | Run, queries: "pd.Index[str]", products: "pd.Index[str]") -> Pairs:
    return Pairs(queries.get_indexer(pd.Index(rows.query_id)), products.get_indexer(pd.Index(rows.product_id)))


def _strings(values: Strings) -> npt.NDArray[np.object_]:
    return np.asarray(values if isinstance(values, np.ndarray) else list(values), dtype=object)
