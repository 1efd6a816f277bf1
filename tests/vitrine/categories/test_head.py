from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from vitrine.categories.head import CategoryHead, load_head, save_absent
from vitrine.errors import DataError

NAMES = ["hats", "lamps", "mugs"]


def head(hidden: int) -> CategoryHead:
    untrained = CategoryHead.initial(NAMES, 4, hidden, seed=1)
    generator = np.random.default_rng(1)
    weights = [generator.normal(size=weight.shape).astype(np.float32) for weight in untrained.weights()]
    return CategoryHead(NAMES, weights, temperature=1.5)


@pytest.mark.parametrize("hidden", [0, 6])
def test_a_saved_head_answers_as_before(tmp_path: Path, hidden: int) -> None:
    saved, vectors = head(hidden), tf.random.stateless_normal([5, 4], [1, 2])
    saved.save(tmp_path)
    loaded = load_head(tmp_path)
    assert loaded is not None
    assert loaded.names == NAMES
    for before, after in zip(saved.best(vectors), loaded.best(vectors), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_most_probable_classes_come_first_and_add_up_to_one() -> None:
    classes, probabilities = head(0).best(tf.random.stateless_normal([5, 4], [1, 2]))
    assert classes.shape == (5, 3)
    assert (np.diff(probabilities) <= 0).all()
    np.testing.assert_allclose(probabilities.numpy().sum(1), 1, atol=1e-5)


def test_the_length_of_a_vector_does_not_matter() -> None:
    vectors = tf.random.stateless_normal([5, 4], [1, 2])
    np.testing.assert_allclose(head(6).logits(vectors), head(6).logits(vectors * 3), atol=1e-4)


def test_an_untrained_head_holds_all_classes_equally_probable() -> None:
    _, probabilities = CategoryHead.initial(NAMES, 4, 0, seed=1).best(tf.ones([1, 4]))
    np.testing.assert_allclose(probabilities, [[1 / 3] * 3], atol=1e-6)


def test_an_absent_head_is_none(tmp_path: Path) -> None:
    save_absent(tmp_path, "too few")
    assert load_head(tmp_path) is None
    assert load_head(tmp_path / "missing") is None


def test_a_damaged_head_is_an_error_with_its_folder(tmp_path: Path) -> None:
    head(0).save(tmp_path)
    (tmp_path / "head.safetensors").write_bytes(b"torn")
    with pytest.raises(DataError, match=r"no category head that can be read .*run the pipeline again"):
        load_head(tmp_path)
