from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vitrine.clicks.models.test_position import small_logs
from tests.vitrine.clicks.shop import sessions
from vitrine.clicks.models.browsing import BrowsingModel, fit_browsing
from vitrine.clicks.models.fitted import Evidence
from vitrine.clicks.models.prior import Prior
from vitrine.clicks.models.sessions import Sessions
from vitrine.clicks.settings import ModelSettings

NOTHING = Evidence(np.zeros(3), np.zeros(3))


@given(small_logs(), st.floats(0.01, 0.99), st.floats(0.01, 5), st.booleans())
@settings(deadline=None)
def test_no_step_lowers_the_likelihood(log: Sessions, mean: float, strength: float, is_cascade: bool) -> None:
    fitted = fit_browsing(log, Prior(mean, strength), ModelSettings(iterations=50, tolerance=1e-12), is_cascade)
    assert np.diff(fitted.trace).min(initial=0) > -1e-9


def all_clicks(
    attraction: list[float], satisfaction: list[float], continuation: float
) -> tuple[BrowsingModel, Sessions]:
    """Return a model of three pairs, and one search for each combination of clicks on them."""
    clicked = np.asarray(list(product([False, True], repeat=3))).T
    pair = np.repeat(np.arange(3)[:, None], 8, 1)
    model = BrowsingModel(
        np.asarray(attraction), np.asarray(satisfaction), continuation, False, Prior(0.5, 1), [], NOTHING
    )
    return model, Sessions(pair, pair, clicked, np.ones(8), np.arange(8), 3)


@given(
    st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3),
    st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3),
    st.floats(0.01, 0.99),
)
def test_the_probabilities_of_all_clicks_sum_to_one(
    attraction: list[float], satisfaction: list[float], continuation: float
) -> None:
    model, log = all_clicks(attraction, satisfaction, continuation)
    likelihood = np.exp(model.log_likelihood(log))
    assert likelihood.sum() == pytest.approx(1)
    np.testing.assert_allclose(model.click_probability(log)[:, 0], (log.clicked * likelihood).sum(1), rtol=1e-9)


def test_the_likelihood_is_that_of_chapelle_and_zhang() -> None:
    model, log = all_clicks([0.5, 0.4, 0.3], [0.2, 0.6, 0.7], 0.9)
    likelihood = dict(zip(map(tuple, log.clicked.T.tolist()), np.exp(model.log_likelihood(log)), strict=True))
    silent = 0.1 + 0.9 * 0.7  # leaves after the second, or does not click the third
    assert likelihood[True, False, False] == pytest.approx(0.5 * (0.2 + 0.8 * (0.1 + 0.9 * 0.6 * silent)))
    assert likelihood[False, True, True] == pytest.approx(0.5 * 0.9 * 0.4 * 0.4 * 0.9 * 0.3)


def test_the_parameters_of_a_dbn_are_recovered() -> None:
    fitted = fit_browsing(sessions("dbn", count=30_000, continuation=0.8), Prior(0.3, 0.5), ModelSettings(), False)
    assert fitted.continuation == pytest.approx(0.8, abs=0.02)


def test_a_pure_cascade_satisfies_with_every_click() -> None:
    fitted = fit_browsing(sessions("cascade"), Prior(0.3, 0.5), ModelSettings(), True)
    assert fitted.satisfaction.min() > 0.99
    assert np.isfinite(fitted.log_likelihood(sessions("pbm", count=100))).all()  # two clicks are possible
