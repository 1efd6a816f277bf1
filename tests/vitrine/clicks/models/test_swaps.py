import numpy as np
import pytest

from tests.vitrine.clicks.shop import sessions
from vitrine.clicks.models.swaps import harvest
from vitrine.clicks.simulation.users import propensities


@pytest.mark.parametrize("eta", [0.5, 1.0, 1.5])
def test_propensities_are_recovered_from_products_at_several_positions(eta: float) -> None:
    found = harvest(sessions(eta=eta, count=20_000))
    assert found is not None
    known = len(found.propensities)
    assert known > 5
    assert np.abs(found.propensities - propensities(known, eta)).max() < 0.05


def test_products_that_stay_where_they_are_say_nothing() -> None:
    log = sessions(count=2000)
    _, first = np.unique(log.pair[0], return_index=True)
    assert harvest(log.take(first)) is None  # each query once


def test_few_clicks_say_nothing() -> None:
    assert harvest(sessions(count=30)) is None
