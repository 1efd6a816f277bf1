"""Ranking metrics of judged queries, computed by ranx, each with its confidence interval.

* **nDCG**: gains of `vitrine.labels` used linearly, discount 1/log2(rank + 1) (Järvelin and Kekäläinen 2002), which is
  what the Shopping Queries benchmark computes with trec_eval. `ndcg` has no cut; `ndcg@10` cuts both the ranking and
  the ideal at 10.
* **MRR, Recall@k, Precision@k**: relevant means exact (E). Precision@k always divides by k.
* A query whose judgements hold nothing to find scores 0 and stays in the mean, as in trec_eval: every system loses the
  same. A judged query that a run does not answer scores 0 as well.
* Products that a run returns and nobody judged count as irrelevant.
* **Ties** are broken by a hash of the product id: the same in every run, and blind to the order of rows and to ids that
  were numbered by relevance. A run of equal scores therefore measures like a random order, not like the file's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.bootstrap import RESAMPLES, Comparison, Estimate, compare, estimate

METRICS: Final = ("ndcg@10", "ndcg", "mrr", "recall@1", "recall@5", "recall@10", "precision@10")

# ranx takes integer relevance levels, so gains travel times 100: nDCG is a ratio and does not see the factor.
_SCALE: Final = 100
_EXACT: Final = round(GAINS[CLASS_IDS["E"]] * _SCALE)


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
        query_id: Sequence[str],
        product_id: Sequence[str],
        esci_label: Sequence[str],
        gains: Sequence[float] = GAINS,
    ) -> "Judgements":
        """Judgements from columns of `judgements/*.csv`. Raises KeyError for a label that is not one of E, S, C, I.

        `gains` by class id are changed only to compare with numbers that were published with other gains.
        """
        gain = np.asarray([gains[CLASS_IDS[label]] for label in esci_label], dtype=np.float64)
        return cls(_strings(query_id), _strings(product_id), gain)

    @property
    def queries(self) -> list[str]:
        """The distinct query ids, sorted: the order of every per-query array."""
        return sorted(set(self.query_id.tolist()))


@dataclass(frozen=True)
class Run:
    """A system's answers, one row each: `query_id` and `product_id` as str arrays [R], `score` float64 [R].

    Rows may come in any order; higher scores rank first. NaN scores rank last.
    """

    query_id: npt.NDArray[np.object_]
    product_id: npt.NDArray[np.object_]
    score: npt.NDArray[np.float64]

    @classmethod
    def from_columns(cls, query_id: Sequence[str], product_id: Sequence[str], score: npt.ArrayLike) -> "Run":
        """A run from three aligned columns: for judged pools, the judgements' own ids with a score for each."""
        return cls(_strings(query_id), _strings(product_id), np.asarray(score, dtype=np.float64))

    @classmethod
    def from_top(cls, query_id: Sequence[str], product_id: Sequence[Sequence[str]]) -> "Run":
        """A run from ranked lists, best first, such as a search model's answers: one list of ids per query."""
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
    """Mean of each metric over the judged queries, with its 95% bootstrap interval.

    `metrics` are names such as `ndcg@10`, `ndcg`, `mrr`, `recall@5`, `precision@10`.
    """
    values = per_query(judgements, run, metrics)
    return {metric: estimate(values[metric], resamples, seed) for metric in metrics}


def compare_runs(judgements: Judgements, first: Run, second: Run, metric: str = "ndcg@10", seed: int = 0) -> Comparison:
    """Paired difference of one metric between two runs of the same queries."""
    values = [per_query(judgements, run, [metric])[metric] for run in (first, second)]
    return compare(values[0], values[1], seed=seed)


def per_query(judgements: Judgements, run: Run, metrics: Sequence[str] = METRICS) -> dict[str, npt.NDArray[np.float64]]:
    """Each metric of each query, float64 [Q], in the order of `judgements.queries`."""
    names = [_ranx_name(metric) for metric in metrics]
    query_count = len(judgements.queries)
    if query_count == 0:
        return {metric: np.empty(0) for metric in metrics}
    from ranx import evaluate as ranx_evaluate  # 5 s to import

    qrels, ranked = _rank(judgements, run)
    # Dense ids in arrays, not ranx's dictionaries: those hash ids into float64 and take seconds to compile and fill.
    # Two names or more: for a single one with a cut-off, ranx 0.3.21 looks its own answer up under the wrong key.
    computed = ranx_evaluate(
        _padded(qrels, query_count, pad=-1), _padded(ranked, query_count, pad=-2), [*names, names[0]], return_mean=False
    )
    return {metric: np.asarray(computed[name], dtype=np.float64) for metric, name in zip(metrics, names, strict=True)}


def _ranx_name(metric: str) -> str:
    name, _, _ = metric.partition("@")
    if name == "ndcg":
        return metric
    if name in ("mrr", "recall", "precision"):
        return f"{metric}-l{_EXACT}"
    raise ValueError(f"unknown metric {metric!r}; known are ndcg, mrr, recall and precision, with or without @k")


def _rank(judgements: Judgements, run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both sides with dense ids, best first within each query, one row per pair, judged queries only."""
    queries = pd.Index(judgements.queries)
    products = pd.Index(pd.unique(np.concatenate([judgements.product_id, run.product_id])))
    tie_break = pd.util.hash_array(products.to_numpy(), hash_key="vitrine-ranking-")
    qrels = pd.DataFrame({"value": np.round(judgements.gain * _SCALE)})
    ranked = pd.DataFrame({"value": run.score})
    for frame, source in ((qrels, judgements), (ranked, run)):
        frame["query"] = queries.get_indexer(pd.Index(source.query_id))
        frame["product"] = products.get_indexer(pd.Index(source.product_id))
        frame["tie"] = tie_break[frame["product"]]
    return _best_first(qrels), _best_first(ranked[ranked["query"] >= 0])


def _best_first(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.sort_values(["query", "value", "tie"], ascending=[True, False, True], na_position="last")
    return frame.drop_duplicates(["query", "product"])


def _padded(frame: pd.DataFrame, query_count: int, pad: int) -> npt.NDArray[np.float64]:
    """Rows as (product, value), float64 [Q, longest, 2]; `pad` is an id that no product has, of value 0."""
    position = frame.groupby("query").cumcount().to_numpy()
    width = int(position.max()) + 1 if position.size else 1
    padded = np.zeros((query_count, width, 2))
    padded[:, :, 0] = pad
    padded[frame["query"], position, 0] = frame["product"]
    padded[frame["query"], position, 1] = frame["value"]
    return padded


def _strings(values: Sequence[str]) -> npt.NDArray[np.object_]:
    return np.asarray(list(values), dtype=object)
