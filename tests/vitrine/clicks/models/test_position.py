import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vitrine.clicks.shop import sessions
from vitrine.clicks.models.choice import fit
from vitrine.clicks.models.position import fit_position
from vitrine.clicks.models.prior import Prior
from vitrine.clicks.models.sessions import Sessions
from vitrine.clicks.settings import ModelSettings
from vitrine.clicks.simulation.users import attraction, propensities


@st.composite
def small_logs(draw: st.DrawFn) -> Sessions:
    """Searches of few pairs, with lists of different lengths and any clicks."""
    count, depth, pairs = draw(st.integers(1, 12)), draw(st.integers(1, 5)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    length = rng.integers(1, depth + 1, count)
    shown = np.arange(depth)[:, None] < length
    pair = np.where(shown, rng.integers(pairs, size=shown.shape), -1)
    clicked = shown & (rng.random(shown.shape) < draw(st.floats(0, 1)))
    position = np.repeat(np.arange(depth)[:, None], count, 1)
    return Sessions(pair, position, clicked, rng.random(count) + 0.1, rng.integers(3, size=count), pairs)


@given(small_logs(), st.floats(0.01, 0.99), st.floats(0.01, 5))
@settings(deadline=None)
def test_no_step_lowers_the_likelihood(log: Sessions, mean: float, strength: float) -> None:
    fitted = fit_position(log, Prior(mean, strength), ModelSettings(iterations=50, tolerance=1e-12))
    assert np.diff(fitted.trace).min(initial=0) > -1e-9


def test_propensities_are_recovered_from_swapped_neighbours() -> None:
    log = sessions("pbm", eta=1.0, count=20_000)
    fitted = fit("pbm", log, ModelSettings(), None)
    assert fitted is not None
    found = np.asarray(fitted.parameters()["propensities"])
    assert np.abs(found - propensities(10, 1.0)).max() < 0.05


def test_the_first_position_is_always_examined() -> None:
    fitted = fit_position(sessions(count=500), Prior(0.5, 1), ModelSettings())
    assert fitted.propensities[0] == 1
    assert ((fitted.propensities > 0) & (fitted.propensities <= 1)).all()


def test_examined_impressions_are_those_of_propensities() -> None:
    log = sessions(count=20_000, eta=0.7)
    fitted = fit_position(log, Prior(0.3, 0.5), ModelSettings(), propensities(10, 0.7))
    assert abs(fitted.evidence.examined.sum() / (len(log.user) * propensities(10, 0.7).sum()) - 1) < 0.02
    assert fitted.evidence.clicked.sum() == log.clicked.sum()


def test_an_unseen_pair_has_the_mean() -> None:
    fitted = fit_position(sessions(count=50), Prior(0.25, 1), ModelSettings())
    unseen = fitted.evidence.examined == 0
    assert unseen.any()
    np.testing.assert_allclose(fitted.attraction[unseen], 0.25)


def test_the_scale_of_attraction_is_that_of_the_user_model() -> None:
    log = sessions(count=60_000, eta=0.5)
    fitted = fit_position(log, Prior(0.3, 0.5), ModelSettings(), propensities(10, 0.5))
    well_known = fitted.evidence.examined > 300
    low, high = attraction(np.array([0, 3]), 0.05)
    assert abs(np.quantile(fitted.attraction[well_known], 0.02) - low) < 0.05
    assert abs(np.quantile(fitted.attraction[well_known], 0.98) - high) < 0.05
