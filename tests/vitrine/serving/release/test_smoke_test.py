from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from vitrine.errors import DataError
from vitrine.serving.lifecycle.warmup import WARMUP_FILE
from vitrine.serving.release.smoke_test import SmokeRequest, recorded_requests, text_requests, warmup_file


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / WARMUP_FILE).parent.mkdir()
    return tmp_path


def write(model: Path, *logs: prediction_log_pb2.PredictionLog) -> Path:
    with tf.io.TFRecordWriter(str(model / WARMUP_FILE)) as writer:
        for log in logs:
            writer.write(log.SerializeToString())
    return warmup_file(model)


def predict(signature: str, **inputs: object) -> prediction_log_pb2.PredictionLog:
    log = prediction_log_pb2.PredictionLog()
    log.predict_log.request.model_spec.signature_name = signature
    for name, value in inputs.items():
        log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return log


def test_texts_are_sent_to_the_default_signature_one_by_one() -> None:
    assert text_requests(["mug", "lamp"]) == [
        SmokeRequest("serving_default", ["mug"]),
        SmokeRequest("serving_default", ["lamp"]),
    ]


def test_one_recorded_request_per_signature_is_sent_with_its_bytes_and_numbers(model: Path) -> None:
    path = write(
        model,
        predict("", query=[b"mug", b"\xff"]),
        predict("", query=[b"never"]),
        predict("embed", vector=[[0.5, 2.0]], share=3),
    )
    assert recorded_requests(path) == [
        SmokeRequest("serving_default", {"query": [{"b64": "bXVn"}, {"b64": "/w=="}]}),
        SmokeRequest("embed", {"vector": [[0.5, 2.0]], "share": 3}),
    ]


def test_a_model_without_warmup_requests_is_an_error(model: Path) -> None:
    with pytest.raises(DataError, match="no such file, so there is no smoke test; give --query TEXT, or --no-smoke"):
        warmup_file(model)


def test_requests_that_do_not_predict_say_so(model: Path) -> None:
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.model_spec.name = "shop"
    with pytest.raises(DataError, match="no predict request"):
        recorded_requests(write(model, log))


def test_requests_that_cannot_be_read_are_one_line(model: Path) -> None:
    (model / WARMUP_FILE).write_bytes(b"these are not records")
    with pytest.raises(DataError, match="Please verify your warmup data is in TFRecord format"):
        recorded_requests(warmup_file(model))
