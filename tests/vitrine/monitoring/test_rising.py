import numpy as np
import pandas as pd
from scipy import stats

from vitrine.monitoring.rising import rising


def test_a_new_query_rises_and_a_steady_one_does_not() -> None:
    before = pd.Series({"mug": 500, "lamp": 300})
    now = pd.Series({"mug": 510, "lamp": 290, "pumpkin": 40})
    found = rising(now, before, min_users=5)
    assert found.index.tolist() == ["pumpkin"]
    assert found.loc["pumpkin", "users_before"] == 0


def test_more_traffic_alone_is_no_rise() -> None:
    before = pd.Series({"mug": 500, "lamp": 300})
    assert rising(before * 10, before, min_users=5).empty


def test_the_p_value_is_the_conditional_test_of_two_counts() -> None:
    found = rising(pd.Series({"a": 30, "b": 70}), pd.Series({"a": 5, "b": 195}), min_users=1)
    exact = stats.binomtest(30, 35, 100 / 300, alternative="greater").pvalue
    np.testing.assert_allclose(found.loc["a", "p_value"], exact)


def test_two_users_prove_nothing() -> None:
    assert rising(pd.Series({"mug": 900, "pumpkin": 2}), pd.Series({"mug": 900}), min_users=5).empty


def test_dropped_queries_may_have_had_users() -> None:
    now, before = pd.Series({"mug": 900, "vase": 12}), pd.Series({"mug": 900})
    assert not rising(now, before, min_users=5).empty
    assert rising(now, before, min_users=5, missed=10).empty


def test_without_an_earlier_window_nothing_rises() -> None:
    assert rising(pd.Series({"mug": 9}), pd.Series(dtype=np.int64), min_users=1).empty


def test_false_discoveries_are_rare_where_nothing_changed() -> None:
    rng = np.random.default_rng(0)
    rates = 200 / np.arange(1, 301)
    names = [f"query {number}" for number in range(300)]
    lists = [
        len(rising(pd.Series(rng.poisson(rates), names), pd.Series(rng.poisson(rates), names), min_users=5))
        for _ in range(200)
    ]
    # Benjamini and Hochberg: where every hypothesis is true, at most 5% of the lists have an entry.
    assert stats.binomtest(sum(map(bool, lists)), 200, 0.05, alternative="greater").pvalue > 0.001
