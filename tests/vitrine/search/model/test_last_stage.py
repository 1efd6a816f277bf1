import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.cross_encoder.calibrated import Calibration
from vitrine.labels import GAINS
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.model.last_stage import LastStage, joined
from vitrine.text.product_texts import product_texts

TITLES = ["red mug", "lamp", "blue mug", "red lamp", "tent"]
QUERIES = ["red mug", "lamp"]
ROWS = [[0, 1, 2, 3], [1, 3, 4, NO_ROW]]
SCORES = np.array([[0.2, 0.5, 0.4, 0.1], [0.3, 0.6, 0.2, 0.9]], np.float32)
ESCI = np.full([2, 4, 4], 0.25, np.float32)


def same_words(query: tf.Tensor, text: tf.Tensor) -> tf.Tensor:
    """Return the number of words that a query and a text share, float32 [P, 1]."""
    words = [set(text.decode().split()) for text in text.numpy()]
    counts = [len(set(each.decode().split()) & found) for each, found in zip(query.numpy(), words, strict=True)]
    return tf.constant(counts, tf.float32)[:, tf.newaxis]


def stage(share: float, candidates: int = 3) -> LastStage:
    weights = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    return LastStage(same_words, Calibration(weights, np.array([1.0, -np.inf, 0, -1])), share, candidates, ["title"])


def after(share: float, candidates: int = 3) -> tuple[np.ndarray, np.ndarray]:
    def texts(rows: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"title": tf.gather(TITLES, rows), "brand": tf.gather(TITLES, rows)}

    found = stage(share, candidates)(tf.constant(QUERIES), texts, tf.constant(ROWS), tf.constant(SCORES), ESCI)
    return found[0].numpy(), found[1].numpy()


def expected(shared: int) -> np.ndarray:
    odds = np.array([1.0 - 2 * shared, -np.inf, shared, 2 * shared - 1])
    return np.exp(odds) / np.exp(odds).sum()


def test_the_best_candidates_get_a_mixed_score_and_mixed_classes() -> None:
    score, esci = after(0.4)
    read = expected(2)  # "red mug" for "red mug"
    logit = 0.6 * np.log(0.2 / 0.8) + 0.4 * np.log(read @ GAINS / (1 - read @ GAINS))
    assert score[0, 0] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-5)
    np.testing.assert_allclose(esci[0, 0], 0.6 * 0.25 + 0.4 * read, atol=1e-5)
    np.testing.assert_allclose(esci.sum(axis=2), 1, atol=1e-5)


def test_the_other_candidates_stay_as_they_are() -> None:
    score, esci = after(0.4)
    assert score[0, 3] == SCORES[0, 3]  # the fourth of three
    assert score[1, 3] == SCORES[1, 3]  # no product
    np.testing.assert_array_equal(esci[0, 3], ESCI[0, 3])


def test_a_share_of_nothing_changes_nothing_and_of_all_leaves_the_cross_encoder() -> None:
    np.testing.assert_allclose(after(0.0)[0], SCORES, atol=1e-5)
    np.testing.assert_allclose(after(1.0)[0][0, :3], [expected(count) @ GAINS for count in (2, 0, 1)], atol=1e-5)


def test_all_candidates_are_read_where_there_are_fewer() -> None:
    assert after(1.0, candidates=50)[0][0, 3] == pytest.approx(expected(1) @ GAINS, abs=1e-5)


def test_products_are_read_as_the_training_of_cross_encoders_reads_them() -> None:
    fields = {"title": ["Red mug", "", " Lamp "], "brand": ["", "", "Acme"], "description": ["Holds 1 l. ", "", "Tall"]}
    texts = product_texts(pa.table(fields), tuple(fields))
    assert texts == ["Red mug. Holds 1 l.", "", "Lamp. Acme. Tall"]
    assert [text.decode() for text in joined([tf.constant(field) for field in fields.values()]).numpy()] == texts
