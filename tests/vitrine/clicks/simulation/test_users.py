import numpy as np
import pytest

from vitrine.clicks.simulation.settings import SimulationSettings
from vitrine.clicks.simulation.users import attraction, buy, click, click_as_program, propensities

LABELS = np.full((5, 20_000), 3)


def rates(clicked: np.ndarray) -> np.ndarray:
    return np.asarray(clicked.mean(1))


def test_positions_are_examined_by_their_propensity() -> None:
    found = rates(click(LABELS, SimulationSettings(eta=1, noise=0), np.random.default_rng(0)))
    np.testing.assert_allclose(found, 0.9 * propensities(5, 1), atol=0.02)


def test_a_cascade_has_one_click_at_most() -> None:
    clicked = click(LABELS, SimulationSettings(model="cascade", noise=0), np.random.default_rng(0))
    assert clicked.sum(0).max() == 1
    np.testing.assert_allclose(rates(clicked), 0.9 * 0.1 ** np.arange(5), atol=0.01)


def test_the_satisfied_leave() -> None:
    settings = SimulationSettings(model="dbn", continuation=0.8, noise=0)
    found = rates(click(LABELS, settings, np.random.default_rng(0)))
    np.testing.assert_allclose(found, 0.9 * (0.8 * (1 - 0.9 * 0.7)) ** np.arange(5), atol=0.02)


@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_irrelevant_products_get_the_noise(noise: float) -> None:
    found = rates(click(np.zeros_like(LABELS), SimulationSettings(eta=0, noise=noise), np.random.default_rng(0)))
    np.testing.assert_allclose(found, noise, atol=0.01)
    assert attraction(np.array([3]), noise)[0] == pytest.approx(noise + (1 - noise) * 0.9)


def test_nothing_is_clicked_below_the_end_of_a_list() -> None:
    labels, rng = np.where(np.arange(5)[:, None] < 2, LABELS, -1), np.random.default_rng(0)
    for clicked in (click(labels, SimulationSettings(eta=0), rng), click_as_program(labels, rng)):
        assert clicked[:2].any()
        assert not clicked[2:].any()


def test_only_clicked_exact_products_are_bought() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=LABELS.shape)
    clicked = click(labels, SimulationSettings(eta=0), rng)
    bought = buy(labels, clicked, 0.25, rng)
    assert not (bought & ~clicked).any()
    assert not (bought & (labels < 3)).any()
    assert bought.sum() / (clicked & (labels == 3)).sum() == pytest.approx(0.25, abs=0.02)
