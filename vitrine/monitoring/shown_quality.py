"""The quality of what was shown, on logged queries that have judgements, beside that of the served model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID, SOURCE, SPLITS
from vitrine.data.contract.files import read_judgements
from vitrine.data.contract.judges import CLICKS, DERIVED
from vitrine.data.contract.splits import normalise
from vitrine.metrics.bootstrap import Estimate, compare, estimate
from vitrine.metrics.ranking import Judgements, Run, per_query

METRIC: Final = "ndcg@10"
UNSEEN: Final = (DERIVED, CLICKS)
"""Sources of judgements that nobody made: those of rules, and those of the clicks that are to be judged."""
Rank = Callable[[Sequence[str]], Sequence[Sequence[str]]]
"""A function that returns the product ids for each query, the best first."""


class Mean(BaseModel):
    """A mean over queries with its 95% interval; nulls where nothing was measured."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, found: Estimate) -> "Mean":
        """Return an estimate as a model."""
        return cls(value=found.value, low=found.low, high=found.high)


class DayQuality(BaseModel):
    """The quality of a day's sample."""

    day: str
    searches: int
    queries: int
    shown: Mean


class ShownQuality(BaseModel):
    """nDCG@10 over distinct judged queries: of the shown results, and of the served model, and their difference.

    Attributes:
        searches: The number of sampled searches.
        queries: The number of their distinct queries.
        held_out: The number of these that are in the eval split.
        shown: The mean nDCG@10 of what was shown.
        served: That of the served model's own results for the same queries.
        difference: The mean paired difference, shown − served.
        p_value: The p-value of no difference (Fisher's randomisation test).
        reported: nDCG@10 over the whole catalogue in the version's report, whose held-out queries are others; or None.
        days: The quality of each day.
    """

    searches: int
    queries: int
    held_out: int
    shown: Mean
    served: Mean
    difference: Mean
    p_value: float
    reported: Mean | None
    days: list[DayQuality]


class JudgedQueries:
    """The queries of a prepared data folder that people, or a language model, have judged."""

    def __init__(self, data: Path) -> None:
        """Read both splits.

        Raises:
            DataError: The folder has no judgements, or breaks the contract.
        """
        self.train, self._held_out = (_by_people(read_judgements(data, split)) for split in SPLITS)
        self._table = pa.concat_tables([self._held_out, self.train])
        queries = self._table.group_by([QUERY_ID, QUERY], use_threads=False).aggregate([]).to_pylist()
        self.texts = {row[QUERY_ID]: row[QUERY] for row in queries}
        self.by_text = {normalise(text): query_id for query_id, text in reversed(self.texts.items())}

    @property
    def train_texts(self) -> list[str]:
        """The distinct queries of the train split, in order."""
        return list(dict.fromkeys(self.train[QUERY].to_pylist()))

    def held_out(self, query_ids: Sequence[str]) -> int:
        """Return how many of the queries are in the eval split."""
        return len(set(query_ids) & set(self._held_out[QUERY_ID].to_pylist()))

    def values(self, query_ids: Sequence[str], shown: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """Return nDCG@10 of each list of product ids for its query, float64 [N]; queries may repeat."""
        judged = self._table.to_pandas()
        rows = pd.DataFrame({QUERY_ID: query_ids, "list": [f"{number:09d}" for number in range(len(query_ids))]})
        pools = rows.merge(judged[[QUERY_ID, PRODUCT_ID, ESCI_LABEL]], on=QUERY_ID)
        judgements = Judgements.from_labels(*(pools[name].tolist() for name in ("list", PRODUCT_ID, ESCI_LABEL)))
        return per_query(judgements, Run.from_top(rows["list"].tolist(), shown), [METRIC])[METRIC]


def shown_quality(sample: pd.DataFrame, judged: JudgedQueries, rank: Rank, reported: Mean | None) -> ShownQuality:
    """Measure a sample of judged searches (`vitrine.monitoring.unit_sample.JudgedSample`), and the served model on it.

    `rank` searches with the served model, and `reported` is the figure of its report.
    """
    sample = sample.assign(value=judged.values(sample["query_id"].tolist(), sample["product_ids"].tolist()))
    queries = sorted(set(sample["query_id"]))
    served = judged.values(queries, rank([judged.texts[query] for query in queries]))
    shown = sample.groupby("query_id")["value"].mean().reindex(queries).to_numpy(np.float64)
    compared = compare(shown, served)
    return ShownQuality(
        searches=len(sample),
        queries=len(queries),
        held_out=judged.held_out(queries),
        shown=Mean.of(estimate(shown)),
        served=Mean.of(estimate(served)),
        difference=Mean.of(compared.difference),
        p_value=compared.p_value,
        reported=reported,
        days=[_day(str(day), rows) for day, rows in sample.groupby("day")],
    )


def _day(day: str, rows: pd.DataFrame) -> DayQuality:
    by_query = rows.groupby("query_id")["value"].mean().to_numpy(np.float64)
    return DayQuality(day=day, searches=len(rows), queries=len(by_query), shown=Mean.of(estimate(by_query)))


def _by_people(judgements: pa.Table) -> pa.Table:
    return judgements.filter(pc.invert(pc.is_in(judgements[SOURCE], pa.array(UNSEEN))))
