from types import SimpleNamespace

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft

from vitrine.classifier.feature_names import CATEGORIES, LABEL, LEXICAL
from vitrine.classifier.word_associations import VALUES
from vitrine.data import columns
from vitrine.labels import CLASS_IDS


def _read(trained: SimpleNamespace, transform: tft.TFTransformOutput, split: str) -> dict[str, np.ndarray]:
    files = tf.io.gfile.glob(str(trained.root / "examples" / f"Split-{split}" / "*"))
    (batch,) = tf.data.TFRecordDataset(files, "GZIP").batch(10_000)
    parsed = tf.io.parse_example(batch, transform.transformed_feature_spec())
    return {k: (v.to_tensor() if isinstance(v, tf.RaggedTensor) else v).numpy() for k, v in parsed.items()}


def test_labels_become_class_ids(trained, transform) -> None:
    features = _read(trained, transform, "train")
    assert features[LABEL].tolist() == [CLASS_IDS[row[columns.ESCI_LABEL]] for row in trained.rows["train"]]


def test_a_judgement_keeps_its_weight(trained, transform) -> None:
    assert _read(trained, transform, "eval")[columns.WEIGHT].tolist() == [
        row[columns.WEIGHT] for row in trained.rows["eval"]
    ]


def test_row_numbers_stay_as_they_are(trained, transform) -> None:
    features = _read(trained, transform, "eval")
    for name in (columns.QUERY_ROW, columns.PRODUCT_ROW):
        assert features[name].tolist() == [row[name] for row in trained.rows["eval"]]


def test_the_scalars_of_the_train_split_are_z_scores(trained, transform) -> None:
    lexical = _read(trained, transform, "train")[LEXICAL]
    lexical = lexical[:, : -2 * 3]  # the information of two attributes comes last and keeps its own scale
    np.testing.assert_allclose(lexical.mean(0), 0, atol=1e-3)
    spread = lexical.std(0)
    varied = spread > 0.01  # a constant column stays constant
    np.testing.assert_allclose(spread[varied], 1, atol=1e-3)
    assert varied.sum() > 10


def test_query_and_product_have_their_categories(trained, transform) -> None:
    features = _read(trained, transform, "eval")
    query, product = (features[name] for name in CATEGORIES)
    assert query.shape[1] == product.shape[1] == VALUES
    exact = features[LABEL] == CLASS_IDS["E"]
    assert (query.argmax(1) == product.argmax(1))[exact].all()
    assert not (query.argmax(1) == product.argmax(1))[features[LABEL] == CLASS_IDS["C"]].any()


def test_the_query_is_passed_through(trained, transform) -> None:
    features = _read(trained, transform, "eval")
    assert [q.decode() for q in features[columns.QUERY]] == [row[columns.QUERY] for row in trained.rows["eval"]]
    assert [q.decode() for q in features[columns.QUERY_ID]] == [row[columns.QUERY_ID] for row in trained.rows["eval"]]
