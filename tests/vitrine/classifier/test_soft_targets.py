import numpy as np
import pytest
import tensorflow as tf

from vitrine.classifier.folds import batches, judged_rows, open_folds
from vitrine.classifier.settings import ClassifierSettings
from vitrine.classifier.soft_targets import SoftTargets
from vitrine.classifier.training import fit, predict

EVEN = np.ones(4, np.float32)


def test_targets_are_mixed_by_the_rows_of_a_pair() -> None:
    probabilities = np.array([[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]], np.float32)
    targets = SoftTargets.of(np.array([2, 1]), np.array([5, 9]), probabilities, weight=0.25)
    hard = tf.one_hot([3, 3], 4)
    mixed = targets.mixed(hard, tf.constant([1, 2], tf.int64), tf.constant([9, 5], tf.int64)).numpy()
    np.testing.assert_allclose(mixed, [[0.25, 0, 0, 0.75], [0.025, 0.05, 0.075, 0.85]], atol=1e-6)


@pytest.mark.parametrize("validation_share", [0.0, 0.3])
def test_the_rows_of_a_fold_are_those_of_its_labels(write_pairs, validation_share: float) -> None:
    for fold in open_folds(*write_pairs(queries=10), validation_share=validation_share):
        query, query_rows, product_rows = judged_rows(fold)
        assert len(query) == len(query_rows) == len(product_rows) == len(fold.labels)
        assert [f"query {row}".encode() for row in query_rows] == query.tolist()
        np.testing.assert_array_equal(product_rows // 8, query_rows)


def test_batches_have_the_teachers_targets_in_any_order(write_pairs) -> None:
    fold, _ = open_folds(*write_pairs())
    _, query_rows, product_rows = judged_rows(fold)
    teacher = SoftTargets.of(query_rows, product_rows, np.eye(4, dtype=np.float32)[3 - fold.labels], weight=1)
    for inputs, target, weight in batches(fold, EVEN, 32, seed=1, teacher=teacher):
        # Only the first lexical feature depends on the label.
        label = np.rint(inputs["lexical"].numpy()[:, 0] + 1.5).astype(int)
        np.testing.assert_array_equal(target.numpy().argmax(axis=1), 3 - label)
        assert weight.shape == target.shape[:1]


def test_a_student_learns_from_its_teacher(write_pairs) -> None:
    fitting, validation = open_folds(*write_pairs(queries=40), validation_share=0.3)
    settings = ClassifierSettings(epochs=12, batch_size=16, learning_rate=2e-2, scalar_dropout=0, vector_dropout=0.9)
    _, query_rows, product_rows = judged_rows(fitting)
    # This teacher takes I for C, and C for I.
    swapped = np.eye(4, dtype=np.float32)[np.array([1, 0, 2, 3])[fitting.labels]]
    teacher = SoftTargets.of(query_rows, product_rows, swapped, weight=1)
    settings = settings.model_copy(update={"patience": 12})
    logits, label = predict(fit(settings, fitting, fitting, lambda *_: None, teacher), validation)
    wrong = label < 2
    assert (logits.argmax(1)[wrong] == 1 - label[wrong]).mean() > 0.4
    assert (logits.argmax(1)[~wrong] == label[~wrong]).mean() > 0.5
