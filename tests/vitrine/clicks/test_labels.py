import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.clicks.labels import Thresholds, best_thresholds, calibrate, certainty
from vitrine.clicks.relevance import Relevance
from vitrine.clicks.settings import RelevanceSettings
from vitrine.labels import CLASS_IDS
from vitrine.metrics.classification import classification


def relevance(values: np.ndarray, size: float = 100.0) -> Relevance:
    count = len(values)
    return Relevance(
        query=np.arange(count) % 40,
        product=np.arange(count),
        alpha=values * size,
        beta=(1 - values) * size,
        support=np.full(count, size),
        users=np.full(count, 9),
        clicks=np.zeros(count, np.int64),
        purchases=np.zeros(count, np.int64),
        queries=[f"Query {number}" for number in range(40)],
        normalised=[f"query {number}" for number in range(40)],
        products=[f"p{number}" for number in range(count)],
    )


def test_labels_begin_at_their_thresholds() -> None:
    classes = Thresholds(0.3, 0.6).classes(np.array([0.0, 0.29, 0.3, 0.59, 0.6, 1.0]))
    assert classes.tolist() == [0, 0, 2, 2, 3, 3]


@given(st.integers(0, 2**32), st.integers(5, 12))
@settings(max_examples=15, deadline=None)
def test_no_other_thresholds_agree_better(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    values, labels = rng.random(count).round(2), rng.integers(4, size=count)

    def kappa(thresholds: Thresholds) -> float:
        return classification(labels, thresholds.classes(values)).kappa

    edges = [*np.unique(values), np.inf]
    others = (Thresholds(low, high) for low in edges for high in edges if low <= high)
    assert kappa(best_thresholds(values, labels)) >= max(map(kappa, others)) - 1e-9


def test_agreement_is_of_queries_that_chose_nothing() -> None:
    rng = np.random.default_rng(0)
    values = rng.random(400)
    noise = calibrate(relevance(values), rng.integers(4, size=400), RelevanceSettings())
    assert noise.agreement is not None
    assert abs(noise.agreement.kappa) < 0.15  # chosen on all pairs, it would be above 0
    clear = calibrate(relevance(values), np.digitize(values, [0.2, 0.5, 0.7]), RelevanceSettings())
    assert clear.agreement is not None
    assert clear.agreement.kappa > 0.9
    assert clear.pairs == 400


def test_without_people_the_thresholds_are_shares_of_the_top() -> None:
    values = np.linspace(0, 0.5, 101)
    found = calibrate(relevance(values), np.full(101, -1), RelevanceSettings(exact=0.6, substitute=0.2))
    top = np.quantile(values, 0.95)
    np.testing.assert_allclose([found.thresholds.exact, found.thresholds.substitute], [0.6 * top, 0.2 * top])
    assert (found.pairs, found.agreement) == (0, None)


def test_a_complement_is_not_learnt() -> None:
    values = np.linspace(0, 1, 200)
    found = calibrate(relevance(values), np.full(200, CLASS_IDS["C"]), RelevanceSettings())
    assert CLASS_IDS["C"] not in found.thresholds.classes(values)


def test_certainty_grows_with_support_and_distance_from_a_threshold() -> None:
    thresholds, values = Thresholds(0.3, 0.6), np.array([0.31, 0.45, 0.9])
    few, many = (certainty(relevance(values, size), thresholds) for size in (10.0, 1000.0))
    assert (many > few).all()
    assert few[0] < few[2] < 1
    np.testing.assert_allclose(many[1:], 1, atol=1e-3)
