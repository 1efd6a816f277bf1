import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from vitrine.categories.levels import level_members
from vitrine.categories.scores import calibration_error, score, tail_classes

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@given(PAIRS)
def test_macro_f1_and_balanced_accuracy_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    label, predicted = (np.array(column) for column in zip(*pairs, strict=True))
    scores = score(label, predicted[:, np.newaxis].astype(np.int32), np.zeros(5, bool))
    present = np.unique(label)
    expected = f1_score(label, predicted, labels=present, average="macro", zero_division=0)
    assert scores["macro_f1"] == pytest.approx(expected)
    recalls = [float((predicted[label == each] == each).mean()) for each in present]
    assert scores["balanced_accuracy"] == pytest.approx(np.mean(recalls))


def test_the_tail_is_at_most_a_fifth_of_the_products() -> None:
    counts = np.array([60, 20, 8, 8, 4])
    assert tail_classes(counts).tolist() == [False, False, True, True, True]
    assert not tail_classes(np.array([5, 5])).any()


def test_the_buckets_have_the_f1_of_their_classes() -> None:
    label = np.array([0, 0, 0, 1])
    ranked = np.array([[0, 1], [0, 1], [1, 0], [1, 0]], np.int32)
    scores = score(label, ranked, np.array([False, True]))
    assert (scores["head_f1"], scores["tail_f1"]) == (pytest.approx(0.8), pytest.approx(2 / 3))
    assert (scores["top1"], scores["top3"]) == (0.75, 1.0)


def test_confident_and_right_is_calibrated_and_confident_and_wrong_is_not() -> None:
    assert calibration_error(np.array([True, True]), np.array([1.0, 1.0], np.float32)) == 0
    assert calibration_error(np.array([False, True]), np.array([0.9, 0.95], np.float32)) == pytest.approx(0.425)


def test_a_level_sums_the_classes_below_it() -> None:
    (root, middle) = level_members(["A > B > C", "A > B > D", "A > E", "F"])
    probabilities = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    np.testing.assert_allclose(probabilities @ root, [0.6, 0.4], rtol=1e-6)
    np.testing.assert_allclose(probabilities @ middle, [0.3, 0.3, 0.4], rtol=1e-6)


def test_names_without_levels_have_none() -> None:
    assert level_members(["hats", "mugs"]) == []
