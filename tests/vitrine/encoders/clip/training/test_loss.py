import numpy as np
import tensorflow as tf

from vitrine.encoders.clip.training.loss import contrast

ALL = np.ones(4, bool)
OWN = np.eye(4, dtype=bool)


def unit(seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(4, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def loss_of(
    left: np.ndarray, right: np.ndarray, matches=OWN, has_left=ALL, has_right=ALL, scale: float = 10.0
) -> float:
    return float(contrast(tf.constant(left), tf.constant(right), matches, has_left, has_right, tf.constant(scale)))


def test_with_one_answer_a_row_it_is_the_cross_entropy_of_clip() -> None:
    left, right = unit(0), unit(1)
    logits, expected = 10 * left @ right.T, 0.0
    for scores in (logits, logits.T):
        expected -= np.mean(np.log(np.diag(np.exp(scores)) / np.exp(scores).sum(axis=1))) / 2
    np.testing.assert_allclose(loss_of(left, right), expected, rtol=1e-5)


def test_it_is_symmetric() -> None:
    matches = OWN.copy()
    matches[0, 2] = True
    np.testing.assert_allclose(loss_of(unit(0), unit(1), matches), loss_of(unit(1), unit(0), matches.T), rtol=1e-6)


def test_rows_that_are_not_there_change_nothing() -> None:
    left, right = unit(0), unit(1)
    present = np.array([True, True, True, False])
    expected = contrast(left[:3], right[:3], OWN[:3, :3], ALL[:3], ALL[:3], tf.constant(10.0))
    right[3] = 0
    np.testing.assert_allclose(loss_of(left, right, has_left=present, has_right=present), float(expected), rtol=1e-5)


def test_nothing_to_compare_costs_nothing() -> None:
    assert loss_of(unit(0), unit(1), has_right=np.zeros(4, bool)) == 0.0


def test_equal_products_that_match_each_other_have_the_loss_of_indistinguishable_rows() -> None:
    left = np.repeat(unit(0)[:2], 2, axis=0)
    both = np.kron(np.eye(2, dtype=bool), np.ones((2, 2), bool))
    assert abs(loss_of(left, left, both, scale=100.0) - np.log(2)) < 1e-3
