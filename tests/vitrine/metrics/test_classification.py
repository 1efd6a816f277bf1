import numpy as np
import pytest

from vitrine.metrics.classification import classification


def test_a_perfect_answer():
    scores = classification([0, 1, 2, 3, 3], [0, 1, 2, 3, 3])
    assert (scores.accuracy, scores.macro_f1, scores.kappa) == (1.0, 1.0, 1.0)
    assert scores.confusion == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 2]]


def test_kappa_charges_far_mistakes_more_than_near_ones():
    true = [0, 0, 3, 3]
    near, far = classification(true, [0, 0, 3, 2]), classification(true, [0, 0, 3, 0])
    assert near.accuracy == far.accuracy
    assert near.kappa > far.kappa


def test_quadratic_kappa_equals_its_definition():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 4, (2, 300))
    weights = (np.arange(4)[:, None] - np.arange(4)) ** 2
    observed = np.histogram2d(true, predicted, bins=4, range=((0, 4), (0, 4)))[0] / 300
    expected = np.outer(observed.sum(1), observed.sum(0))
    assert classification(true, predicted).kappa == pytest.approx(
        1 - (weights * observed).sum() / (weights * expected).sum()
    )


def test_classes_that_never_occur_do_not_count_against_macro_f1():
    scores = classification([0, 0, 3], [0, 0, 3])
    assert scores.macro_f1 == 1.0
    assert scores.per_class["C"].support == 0


def test_a_constant_answer_has_no_kappa():
    scores = classification([3, 3, 3, 0], [3, 3, 3, 3])
    assert scores.accuracy == 0.75
    assert scores.kappa == 0.0
    assert classification([3, 3], [3, 3]).kappa == 0.0


def test_no_rows_is_an_error():
    with pytest.raises(ValueError, match="no rows"):
        classification([], [])
