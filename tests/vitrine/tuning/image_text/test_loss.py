import numpy as np
import pytest
import tensorflow as tf

from vitrine.tuning.image_text.loss import sigmoid_contrast, softmax_contrast

NONE = np.zeros((3, 3), bool)


def unit(seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(3, 4)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_the_softmax_is_the_mean_of_both_directions():
    texts, images = unit(0), unit(1)
    logits = 5.0 * texts @ images.T
    rows = np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)
    columns = np.log(np.exp(logits).sum(axis=0)) - np.diag(logits)
    expected = (rows.mean() + columns.mean()) / 2
    assert float(softmax_contrast(texts, images, NONE, 5.0)) == pytest.approx(expected, rel=1e-5)


def test_the_sigmoid_judges_each_pair_by_itself():
    texts, images = unit(0), unit(1)
    logits = 5.0 * texts @ images.T - 2.0
    signs = 2 * np.eye(3) - 1
    expected = np.log1p(np.exp(-signs * logits)).sum() / 3
    assert float(sigmoid_contrast(texts, images, NONE, 5.0, -2.0)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("loss", [softmax_contrast, lambda *args: sigmoid_contrast(*args, tf.constant(-1.0))])
def test_duplicates_change_nothing(loss):
    texts, images = tf.constant(unit(0)), tf.constant(unit(1))
    duplicates = NONE.copy()
    duplicates[0, 2] = duplicates[2, 0] = True
    moved = images.numpy()
    with tf.GradientTape() as tape:
        tape.watch(texts)
        value = loss(texts, images, duplicates, tf.constant(5.0))
    gradient = tape.gradient(value, texts).numpy()
    assert np.isfinite(gradient).all()
    # Text 0 is compared with images 0 and 1 only, so its gradient is a mean of theirs.
    assert np.linalg.matrix_rank(np.stack([gradient[0], *moved[:2]]), tol=1e-5) == 2
    assert float(value) < float(loss(texts, images, NONE, tf.constant(5.0)))
