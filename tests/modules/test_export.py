"""The exported classifier, loaded as a server loads it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.conftest import make_example
from vitrine.classifier.feature_names import LEXICAL
from vitrine.classifier.model import LARGEST_SCORE
from vitrine.data import columns
from vitrine.labels import GAINS
from vitrine.saved_model.session import SavedModelSession

STRINGS = (columns.QUERY, *columns.PRODUCT_TEXT)

PLAIN = """
import sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
records = next(iter(tf.data.TFRecordDataset(sys.argv[2], "GZIP").batch(1000)))
answer = model.signatures["serving_default"](examples=records)
assert not [name for name in sys.modules if name.split(".")[0] in ("tfx", "tensorflow_transform", "keras_hub")]
print(",".join(f"{value:.6f}" for value in answer["expected_gain"].numpy()))
"""


@pytest.fixture(scope="module")
def model(trained):
    return tf.saved_model.load(trained.arguments.serving_model_dir)


@pytest.fixture(scope="module")
def examples(trained) -> tf.Tensor:
    return tf.constant([make_example(row) for row in trained.rows["eval"]])


@pytest.fixture(scope="module")
def raw(trained) -> dict[str, tf.Tensor]:
    rows = trained.rows["eval"]
    values = {name: tf.constant([row[name] for row in rows]) for name in STRINGS}
    values |= {name: tf.constant([np.frombuffer(row[name], "<f4") for row in rows]) for name in columns.VECTORS}
    values[columns.HAS_IMAGE] = tf.constant([row[columns.HAS_IMAGE] for row in rows], tf.int64)
    return values


def test_signatures_have_the_names_and_types_others_rely_on(model, trained) -> None:
    assert set(model.signatures) == {
        "serving_default", "classify", "classify_with_features", "transform_features",
    }  # fmt: skip
    inputs = model.signatures["classify"].structured_input_signature[1]
    assert set(inputs) == {*STRINGS, *columns.VECTORS, columns.HAS_IMAGE}
    assert inputs[columns.IMAGE_VECTOR].shape.as_list() == [None, trained.dimension]
    outputs = model.signatures["classify"].structured_outputs
    assert {name: value.dtype for name, value in outputs.items()} == {
        "probabilities": tf.float32,
        "expected_gain": tf.float32,
        "class_id": tf.int64,
    }


def test_outputs_agree_with_each_other(model, raw) -> None:
    answer = {name: value.numpy() for name, value in model.signatures["classify"](**raw).items()}
    np.testing.assert_allclose(answer["probabilities"].sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(answer["expected_gain"], answer["probabilities"] @ np.array(GAINS), rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(answer["class_id"], answer["probabilities"].argmax(1))


def test_features_are_given_beside_the_outputs_of_classify(model, raw) -> None:
    plain, beside = (model.signatures[name](**raw) for name in ("classify", "classify_with_features"))
    for name, values in plain.items():
        np.testing.assert_array_equal(beside[name], values)
    features = beside[LEXICAL].numpy()
    assert set(beside) == {*plain, LEXICAL}
    assert features.shape == (len(raw[columns.QUERY]), 36)
    assert abs(features).max() <= LARGEST_SCORE
    assert features.std(axis=0).max() > 0.1


def test_raw_values_and_examples_give_the_same_answer(model, examples, raw) -> None:
    packed, plain = model.signatures["serving_default"](examples=examples), model.signatures["classify"](**raw)
    for name in plain:
        np.testing.assert_allclose(packed[name], plain[name], rtol=1e-5, atol=1e-6)


def test_an_example_without_label_gets_the_same_answer(model, trained, examples) -> None:
    unlabelled = [{k: v for k, v in row.items() if k != columns.ESCI_LABEL} for row in trained.rows["eval"]]
    serve = model.signatures["serving_default"]
    with_label, without = serve(examples=examples), serve(examples=tf.constant([make_example(r) for r in unlabelled]))
    np.testing.assert_array_equal(with_label["probabilities"], without["probabilities"])


def test_the_evaluator_gets_label_and_query(model, trained, examples) -> None:
    features = model.signatures["transform_features"](examples=examples)
    assert features[columns.QUERY_ID].numpy().tolist() == [
        row[columns.QUERY_ID].encode() for row in trained.rows["eval"]
    ]
    assert features["label"].dtype == tf.int64


def test_strange_values_are_answered(model, trained) -> None:
    rows = 3
    strange = {name: tf.constant(["", "\U0001f600 " * 500, "x" * 20_000]) for name in STRINGS}
    strange |= {name: tf.zeros([rows, trained.dimension]) for name in columns.VECTORS}
    strange[columns.HAS_IMAGE] = tf.zeros([rows], tf.int64)
    assert np.isfinite(model.signatures["classify"](**strange)["probabilities"]).all()


def test_no_rows_give_no_rows(model, raw) -> None:
    answer = model.signatures["classify"](**{name: values[:0] for name, values in raw.items()})
    assert answer["probabilities"].shape == (0, 4)


def test_a_plain_tensorflow_process_answers_the_same(model, trained, examples) -> None:
    arguments = [sys.executable, "-c", PLAIN, trained.arguments.serving_model_dir, str(trained.root / "raw-eval.gz")]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=Path(__file__).parent).stdout
    gains = np.array([float(value) for value in printed.strip().split(",")])
    expected = model.signatures["serving_default"](examples=examples)["expected_gain"]
    np.testing.assert_allclose(gains, expected, atol=1e-5)


def test_a_session_answers_the_same(model, trained, raw, examples) -> None:
    served = SavedModelSession(Path(trained.arguments.serving_model_dir))
    requests = {
        "classify": raw,
        "classify_with_features": raw,
        "serving_default": {"examples": examples},
        "transform_features": {"examples": examples},
    }
    assert set(served.signatures) == set(requests)
    for name, inputs in requests.items():
        answer = served.signature(name).run({key: value.numpy() for key, value in inputs.items()})
        expected = {key: value.numpy() for key, value in model.signatures[name](**inputs).items()}
        assert answer.keys() == expected.keys()
        for key, values in expected.items():
            if values.dtype == object:
                assert answer[key].tolist() == values.tolist()
            else:
                np.testing.assert_allclose(answer[key], values, rtol=1e-5, atol=1e-6)


class _Search(tf.Module):
    """A module that calls the classifier from its own function, as the search model does."""

    def __init__(self, classifier: tf.Module) -> None:
        super().__init__()
        self.classifier = classifier

    @tf.function
    def rank(self, **raw: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"gain": self.classifier.signatures["classify"](**raw)["expected_gain"]}


def test_a_module_that_calls_it_can_be_saved_and_moved(trained, raw, tmp_path: Path) -> None:
    search = _Search(tf.saved_model.load(trained.arguments.serving_model_dir))
    specs = {name: tf.TensorSpec([None, *value.shape[1:]], value.dtype, name=name) for name, value in raw.items()}
    concrete = search.rank.get_concrete_function(**specs)
    tf.saved_model.save(search, str(tmp_path / "first"), signatures={"rank": concrete})
    assert list((tmp_path / "first" / "assets").iterdir())
    moved = (tmp_path / "first").rename(tmp_path / "moved")
    again = tf.saved_model.load(str(moved)).signatures["rank"](**raw)["gain"]
    np.testing.assert_allclose(again, search.rank(**raw)["gain"], rtol=1e-5, atol=1e-6)
