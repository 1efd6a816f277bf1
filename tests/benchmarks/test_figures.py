import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import percentile, ratio, recall, take_turns


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(values, share):
    actual = percentile(values, share)
    assert actual in values
    reached = sum(value <= actual for value in values) / len(values)
    below = sum(value < actual for value in values) / len(values)
    assert reached >= share - 1e-9
    assert below < share + 1e-9


def test_the_ninety_ninth_of_a_hundred_values_is_the_last_but_one():
    assert percentile(list(range(1, 101)), 0.99) == 99


def test_a_ratio_is_of_each_turns_own_pair():
    assert ratio([1, 100, 1], [2, 200, 2]) == 2


def test_recall_counts_what_was_found_in_any_place():
    retrieved, relevant = np.array([[3, 1, 9], [4, 5, 6]]), np.array([[1, 2], [6, 4]])
    assert recall(retrieved, relevant) == 0.75


@pytest.mark.parametrize("uncounted", [0, 2])
def test_contenders_take_turns_and_the_first_turns_do_not_count(uncounted):
    calls = []
    contenders = {name: (lambda turn, name=name: calls.append((name, turn))) for name in "ab"}
    timings = take_turns(contenders, turns=3, uncounted=uncounted)
    assert calls == [(name, turn) for turn in range(3 + uncounted) for name in "ab"]
    assert [len(timing.clock) for timing in timings.values()] == [3, 3]
