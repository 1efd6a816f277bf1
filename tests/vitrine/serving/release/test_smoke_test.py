from pathlib import Path

import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from vitrine.errors import DataError
from vitrine.serving.lifecycle.warmup import WARMUP_FILE
from vitrine.serving.release.smoke_test import Question, from_texts, recorded, warmup_file


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


def test_words_are_asked_of_the_default_signature_one_by_one() -> None:
    assert from_texts(["mug", "lamp"]) == [Question("serving_default", ["mug"]), Question("serving_default", ["lamp"])]


def test_one_recorded_request_a_signature_is_asked_with_its_bytes_and_numbers(model: Path) -> None:
    path = write(
        model,
        predict("", query=[b"mug", b"\xff"]),
        predict("", query=[b"never"]),
        predict("embed", vector=[[0.5, 2.0]], share=3),
    )
    assert recorded(path) == [
        Question("serving_default", {"query": [{"b64": "bXVn"}, {"b64": "/w=="}]}),
        Question("embed", {"vector": [[0.5, 2.0]], "share": 3}),
    ]


def test_a_model_without_requests_says_what_to_give(model: Path) -> None:
    with pytest.raises(DataError, match="no such file, so there is nothing to ask; give --query TEXT, or --no-smoke"):
        warmup_file(model)


def test_requests_that_do_not_predict_say_so(model: Path) -> None:
    log = prediction_log_pb2.PredictionLog()
    log.classify_log.request.model_spec.name = "shop"
    with pytest.raises(DataError, match="no request that predicts"):
        recorded(write(model, log))


def test_requests_that_cannot_be_read_are_one_line(model: Path) -> None:
    (model / WARMUP_FILE).write_bytes(b"these are not records")
    with pytest.raises(DataError, match="Please verify your warmup data is in TFRecord format"):
        recorded(warmup_file(model))
