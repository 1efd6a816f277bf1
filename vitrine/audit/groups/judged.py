"""Quality of held-out queries that name a group, beside that of all others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vitrine.audit.data import JudgedQueries
from vitrine.audit.groups.vocabulary import GROUPS, Group, named_groups
from vitrine.audit.target import Answer
from vitrine.metrics.bootstrap import Estimate, estimate
from vitrine.metrics.ranking import Run, per_query
from vitrine.metrics.resampling import resampled

_METRIC = "ndcg@10"


@dataclass(frozen=True)
class JudgedGroup:
    """nDCG@10 of the queries that name a group, and its difference from that of all other queries."""

    group: Group
    queries: int
    ndcg: Estimate
    difference: Estimate
    flagged: bool


def judged_groups(judged: JudgedQueries, answers: Sequence[Answer], tolerance: float) -> list[JudgedGroup]:
    """Measure the groups that at least two queries name; `answers` are those of the queries, in order."""
    run = Run.from_top(list(judged.text), [answer.product_ids for answer in answers])
    values = per_query(judged.judged, run, [_METRIC])[_METRIC]
    named = [{(group.dimension, group.name) for group in named_groups(text)} for text in judged.text.values()]
    found = []
    for group in GROUPS:
        of_group = np.array([(group.dimension, group.name) in names for names in named])
        if of_group.sum() < 2 or of_group.all():
            continue
        difference = _difference(values, of_group)
        flagged = difference.low > tolerance or difference.high < -tolerance
        found.append(JudgedGroup(group, int(of_group.sum()), estimate(values[of_group]), difference, flagged))
    return found


def _difference(values: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_]) -> Estimate:
    """Return the mean of the chosen queries minus that of the others, resampled together."""
    units = np.stack([values * chosen, chosen, values * ~chosen, ~chosen], axis=1).astype(float)

    def difference(sums: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        with np.errstate(divide="ignore", invalid="ignore"):
            return (sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3])[:, None]

    (found,) = resampled(units, difference)
    return found
