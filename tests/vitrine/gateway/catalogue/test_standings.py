import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from vitrine.gateway.catalogue.standings import standings

VALUES = st.lists(st.one_of(st.just(float("nan")), st.integers(-3, 3).map(float)), max_size=20)


@given(VALUES)
def test_standings_are_mean_ranks_from_minus_one_to_one(values: list[float]) -> None:
    found, array = standings(np.array(values)), np.array(values, np.float64)
    known = array[~np.isnan(array)]
    assert not found[np.isnan(array)].any()
    if len(known) > 1:
        expected = 2 * (rankdata(known) - 1) / (len(known) - 1) - 1
        np.testing.assert_allclose(found[~np.isnan(array)], expected, atol=1e-12)
    else:
        assert not found.any()


@given(VALUES)
def test_the_opposite_values_have_the_opposite_standings(values: list[float]) -> None:
    array = np.array(values, np.float64)
    np.testing.assert_allclose(standings(-array), -standings(array), atol=1e-12)
