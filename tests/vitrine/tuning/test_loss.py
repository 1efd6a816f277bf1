import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from vitrine.tuning.loss import graded_softmax


def unit(rng: np.random.Generator, rows: int) -> np.ndarray:
    vectors = rng.normal(size=(rows, 4)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_it_is_the_cross_entropy_with_the_distribution_of_the_gains():
    rng = np.random.default_rng(0)
    queries, documents = unit(rng, 3), unit(rng, 5)
    target = rng.dirichlet(np.ones(5), 3).astype(np.float32)
    expected = -(target * special.log_softmax(7 * queries @ documents.T, axis=1)).sum(axis=1).mean()
    assert float(graded_softmax(queries, documents, target, tf.constant(7.0))) == pytest.approx(expected, rel=1e-5)


def test_it_is_least_where_the_softmax_is_the_target():
    logits = tf.Variable(np.zeros((1, 3), np.float32))
    target = np.array([[0.7, 0.3, 0.0]], np.float32)
    identity = np.eye(3, dtype=np.float32)
    for _ in range(400):
        with tf.GradientTape() as tape:
            loss = graded_softmax(logits, identity, target, tf.constant(1.0))
        logits.assign_sub(0.5 * tape.gradient(loss, logits))
    np.testing.assert_allclose(tf.nn.softmax(logits)[0], target[0], atol=0.02)
