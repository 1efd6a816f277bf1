"""The weight of judgements from clicks beside people's, chosen on queries that people have judged.

The pipeline's models are too expensive to be trained once for each candidate, so a cheap one stands for them: a
multinomial logistic regression on shared words (`pair_features`) whose expected gain ranks the judged products. The
queries that have both kinds of judgements are divided into folds. Each fold in turn is ranked by a model that has
learnt from people's judgements of one half of the other queries, and, with the candidate's weight, from the clicks of
the other half, as of queries that nobody has judged. The criterion is nDCG@10 by people's judgements.

The highest mean wins. Clicks are left out (weight 0) only if every weight is significantly worse than none.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.clicks.settings import MixtureSettings
from vitrine.data.contract.splits import fold
from vitrine.labels import GAINS
from vitrine.metrics.bootstrap import compare
from vitrine.metrics.ranking import Judgements, Run, per_query

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FOLDS: Final = 5
METRIC: Final = "ndcg@10"


@dataclass(frozen=True)
class Candidate:
    """A weight with its nDCG@10, and the difference to weight 0 with its 95% interval."""

    weight: float
    ndcg: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Mixture:
    """The chosen weight; `queries` is the number of queries that it was chosen on, 0 if it was not."""

    weight: float
    queries: int
    candidates: list[Candidate]
    reason: str


@dataclass(frozen=True)
class BothWays:
    """P pairs with clicks, some of which people have judged too.

    Attributes:
        features: float64 [P, F].
        query: the normalised text of each pair's query, str [P].
        product: the ids, str [P].
        people: class ids of people's labels, int64 [P]; -1 where they have not judged.
        clicks: class ids of the labels from clicks, int64 [P].
        certainty: float64 [P], the weight of each label from clicks before mixing.
    """

    features: Floats
    query: npt.NDArray[np.object_]
    product: npt.NDArray[np.object_]
    people: Ints
    clicks: Ints
    certainty: Floats


def choose_weight(pairs: BothWays, settings: MixtureSettings) -> Mixture:
    """Choose the weight among the candidates; see the module's text."""
    if settings.weight is not None:
        return Mixture(settings.weight, 0, [], "set by mixture.weight")
    judged = np.unique(pairs.query[pairs.people >= 0])
    if len(judged) < settings.queries:
        reason = (
            f"people have judged {len(judged):,} of the queries with clicks, and choosing a weight takes "
            f"{settings.queries:,} (mixture.queries): the default is used"
        )
        return Mixture(settings.default, 0, [], reason)
    values = {weight: _measure(pairs, weight) for weight in sorted({0.0, *settings.candidates})}
    candidates = []
    for weight, value in values.items():
        gain = compare(value, values[0.0]).difference
        candidates.append(Candidate(weight, float(value.mean()), gain.value, gain.low, gain.high))
    positive = [each for each in candidates if each.weight > 0]
    best = max(positive, key=lambda each: each.ndcg)
    if all(each.high < 0 for each in positive):
        return Mixture(0.0, len(judged), candidates, "every weight ranks significantly worse than none")
    return Mixture(best.weight, len(judged), candidates, f"the highest {METRIC} of cross-fitted rankings")


def _measure(pairs: BothWays, weight: float) -> Floats:
    """Return nDCG@10 of each query that people have judged, float64 [Q]."""
    places = {query: fold(query, FOLDS, "mixture") for query in dict.fromkeys(pairs.query.tolist())}
    halves = {query: fold(query, 2, "mixture half") for query in places}
    folds = np.asarray([places[query] for query in pairs.query])
    of_people = np.asarray([halves[query] == 0 for query in pairs.query]) & (pairs.people >= 0)
    scores = np.zeros(len(pairs.people))
    for number in range(FOLDS):
        tested = (folds == number) & (pairs.people >= 0)
        people, clicks = (folds != number) & of_people, (folds != number) & ~of_people
        features = np.concatenate([pairs.features[people], pairs.features[clicks]])
        labels = np.concatenate([pairs.people[people], pairs.clicks[clicks]])
        weights = np.concatenate([np.ones(int(people.sum())), weight * pairs.certainty[clicks]])
        if tested.any():
            scores[tested] = _expected_gain(features, labels, weights, pairs.features[tested])
    rows = pairs.people >= 0
    query, product = pairs.query[rows], pairs.product[rows]
    judgements = Judgements(query, product, np.asarray(GAINS)[pairs.people[rows]])
    return per_query(judgements, Run(query, product, scores[rows]), [METRIC])[METRIC]


def _expected_gain(features: Floats, labels: Ints, weights: Floats, tested: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
    from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]

    counted = weights > 0
    if len(np.unique(labels[counted])) < 2:
        return np.zeros(len(tested))
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(features[counted], labels[counted], logisticregression__sample_weight=weights[counted])
    return np.asarray(model.predict_proba(tested) @ np.asarray(GAINS)[model.classes_], np.float64)
