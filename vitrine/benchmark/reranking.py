"""Re-ranking by a model of pairs: the first ranking's score and the expected gain, blended as log-odds."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.benchmark.split import Floats, Split
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.ranking import per_query
from vitrine.search.build.judged_pairs import METRIC
from vitrine.search.build.tuning import GRID, LOWEST_SLOPE, middle_of_best
from vitrine.search.model.scorer import LOWEST_GAIN

EXACT: Final = CLASS_IDS["E"]


@dataclass(frozen=True)
class Reranker:
    """`(1 − blend) (slope × score + intercept) + blend × logit(expected gain)`: what the search model does."""

    slope: float
    intercept: float
    blend: float

    def __call__(self, score: npt.NDArray[np.floating], probabilities: npt.NDArray[np.floating]) -> Floats:
        """The final score, of scores [...] and class probabilities [..., 4]."""
        by_score = self.slope * np.asarray(score, np.float64) + self.intercept
        return (1 - self.blend) * by_score + self.blend * log_odds(probabilities)


def fit_reranker(split: Split, score: Floats, probabilities: npt.NDArray[np.floating]) -> Reranker:
    """Slope and intercept by logistic regression of being exact, and the blend with the best nDCG@10 on `split`.

    `split` must hold only queries that the model behind `probabilities` [P, 4] was not trained on.
    """
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    exact = split.label == EXACT
    slope, intercept = 1.0, 0.0
    if exact.any() and not exact.all():
        spread = max(float(score.std()), 1e-9)  # the regression is regularised: it must see a score of ordinary size
        line = LogisticRegression().fit(score[:, None] / spread, exact)
        slope, intercept = max(float(line.coef_[0, 0]), LOWEST_SLOPE) / spread, float(line.intercept_[0])
    judgements = split.judgements()
    tried = [
        per_query(judgements, split.run(Reranker(slope, intercept, float(blend))(score, probabilities)), [METRIC])
        for blend in GRID
    ]
    return Reranker(slope, intercept, middle_of_best([one[METRIC] for one in tried]))


def log_odds(probabilities: npt.NDArray[np.floating]) -> Floats:
    """The log-odds of the expected gain, [...], of class probabilities [..., 4]."""
    gain = np.clip(np.asarray(probabilities, np.float64) @ np.array(GAINS), LOWEST_GAIN, 1 - LOWEST_GAIN)
    found: Floats = np.log(gain / (1 - gain))
    return found
