"""Re-ranking by a pair model: the first ranking's score and the expected gain, blended as log-odds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.benchmark.split import Floats, Split
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.ranking import per_query
from vitrine.search.build.judged_pairs import METRIC
from vitrine.search.build.weight_choice import choose_weight, fit_line, gain_log_odds

EXACT: Final = CLASS_IDS["E"]


@dataclass(frozen=True)
class Reranker:
    """`(1 − blend) (slope × score + intercept) + blend × logit(expected gain)`: the search model's formula."""

    slope: float
    intercept: float
    blend: float

    def __call__(self, score: npt.NDArray[np.floating], probabilities: npt.NDArray[np.floating]) -> Floats:
        """Return the final score, from scores [...] and class probabilities [..., 4]."""
        by_score = self.slope * np.asarray(score, np.float64) + self.intercept
        return (1 - self.blend) * by_score + self.blend * log_odds(probabilities)


def fit_reranker(split: Split, score: Floats, probabilities: npt.NDArray[np.floating]) -> Reranker:
    """Fit slope and intercept by logistic regression of being exact, and the blend by nDCG@10 on `split`.

    `split` must hold only queries that the model behind `probabilities` [P, 4] was not trained on.
    """
    exact = split.label == EXACT
    slope, intercept = 1.0, 0.0
    if exact.any() and not exact.all():
        spread = max(float(score.std()), 1e-9)  # the regression is regularised, so the score must be of unit size
        slope, intercept = fit_line(score / spread, exact)
        slope /= spread
    judgements = split.judgements()

    def ndcg(blend: float) -> Floats:
        reranked = Reranker(slope, intercept, blend)(score, probabilities)
        return per_query(judgements, split.run(reranked), [METRIC])[METRIC]

    return Reranker(slope, intercept, choose_weight(ndcg))


def log_odds(probabilities: npt.NDArray[np.floating]) -> Floats:
    """Return the log-odds of the expected gain, [...], from class probabilities [..., 4]."""
    return gain_log_odds(np.asarray(probabilities, np.float64) @ np.array(GAINS))
