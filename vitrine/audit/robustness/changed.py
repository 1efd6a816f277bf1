"""The answers to queries in another form."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.audit.robustness.kind import Kind
from vitrine.audit.target import Answer
from vitrine.metrics.bootstrap import Comparison, Estimate, estimate

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Changed:
    """The answers to those of Q queries that have another form.

    Attributes:
        kind: The form.
        rows: int64 [n], the queries that have it.
        queries: str [n], these queries in this form.
        answers: Their answers [n].
        ndcg: float64 [n], nDCG@10 of the answers.
        overlap: float64 [n], the share of the clean query's first ten results that are among the first ten.
        loss: nDCG@10 of the clean queries minus this form's.
    """

    kind: Kind
    rows: npt.NDArray[np.int64]
    queries: list[str]
    answers: list[Answer]
    ndcg: Values
    overlap: Values
    loss: Comparison

    @property
    def refused(self) -> Estimate:
        """The share of queries that are refused."""
        return estimate(np.array([float(answer.refused) for answer in self.answers]))
