from collections import Counter

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.vitrine.search.shop import image_bytes
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model


@pytest.fixture(scope="module")
def model(products, sides, encoder, classifier_dir):
    return build_search_model(products, *sides, encoder, classifier_dir)


def records(directory):
    path = directory / "assets.extra" / "tf_serving_warmup_requests"
    logs = [prediction_log_pb2.PredictionLog.FromString(raw.numpy()) for raw in tf.data.TFRecordDataset(str(path))]
    return [log.predict_log.request for log in logs]


def test_every_signature_is_warmed_up_with_requests_that_it_answers(model, tmp_path):
    queries = ["red mug", "blue shoe", "lamp", "", "green chair"]
    export_search_model(model, tmp_path, queries, [image_bytes("red")])
    signatures = tf.saved_model.load(str(tmp_path)).signatures
    requests = records(tmp_path)
    warm = {request.model_spec.signature_name for request in requests}
    assert warm == {
        name for name in signatures if not name.startswith("explain_")
    }  # few ask, and loading must not wait
    assert {request.model_spec.name for request in requests} == {"product_search"}
    for request in requests:
        inputs = {name: tf.constant(tf.make_ndarray(proto)) for name, proto in request.inputs.items()}
        assert signatures[request.model_spec.signature_name](**inputs)


def test_many_examples_make_few_requests(model, tmp_path):
    export_search_model(model, tmp_path, [f"query {i}" for i in range(500)], [image_bytes("red")] * 50)
    counts = Counter(request.model_spec.signature_name for request in records(tmp_path))
    assert max(counts.values()) <= 10
    assert sum(counts.values()) <= 1000


def test_without_examples_nothing_is_written(model, tmp_path):
    export_search_model(model, tmp_path)
    assert not (tmp_path / "assets.extra").exists()
