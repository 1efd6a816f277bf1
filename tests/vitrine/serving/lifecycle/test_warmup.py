import shutil
from pathlib import Path

import pytest


@pytest.fixture
def model(contract_models: Path, tmp_path: Path) -> Path:
    """A copy of the contract model, free to be changed."""
    return Path(shutil.copytree(contract_models / "contract" / "1", tmp_path / "model"))


def write_requests(model: Path, *requests: tuple[str, dict[str, object]]) -> None:
    import tensorflow as tf
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    path = model / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, inputs in requests:
            log = PredictionLog()
            log.predict_log.request.model_spec.signature_name = signature
            for name, value in inputs.items():
                log.predict_log.request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
            writer.write(log.SerializeToString())


def load(model: Path) -> None:
    from vitrine.serving.lifecycle.servable import Servable

    Servable.load("model", 1, model, timeout_seconds=30.0).retire()


def test_each_request_is_run(model: Path) -> None:
    from vitrine.serving.lifecycle.servable import Servable
    from vitrine.serving.lifecycle.warmup import warm_up

    write_requests(model, ("", {"x": [1.0]}), ("describe", {"query": [b"mug"]}))
    servable = Servable.load("model", 1, model, timeout_seconds=30.0)
    assert warm_up(servable, model) == 2
    servable.retire()


def test_recorded_classify_and_regress_requests_are_run(contract_models: Path, tmp_path: Path) -> None:
    import tensorflow as tf
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    from vitrine.serving.lifecycle.servable import Servable
    from vitrine.serving.lifecycle.warmup import warm_up

    model = Path(shutil.copytree(contract_models / "examples" / "1", tmp_path / "model"))
    example = tf.train.Example()
    example.features.feature["x"].float_list.value.append(1.0)
    log, other = PredictionLog(), PredictionLog()
    log.classify_log.request.input.example_list.examples.append(example)
    other.regress_log.request.model_spec.signature_name = "total"
    other.regress_log.request.input.example_list_with_context.context.CopyFrom(example)
    other.regress_log.request.input.example_list_with_context.examples.add()
    path = model / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(log.SerializeToString())
        writer.write(other.SerializeToString())
    servable = Servable.load("model", 1, model, timeout_seconds=30.0)
    assert warm_up(servable, model) == 2
    servable.retire()


@pytest.mark.parametrize(
    ("signature", "inputs", "message"),
    [
        ("nope", {"x": [1.0]}, 'Serving signature name: "nope" not found in signature def'),
        ("", {"y": [1.0]}, "input size does not match signature"),
        ("join", {"vector": [[1.0]], "label": [b"a"]}, "Matrix size-incompatible"),
    ],
)
def test_a_request_that_fails_stops_the_version(
    model: Path, signature: str, inputs: dict[str, object], message: str
) -> None:
    from vitrine.saved_model.status import ApiError

    write_requests(model, (signature, inputs))
    with pytest.raises(ApiError, match=message):
        load(model)


def test_a_damaged_file_stops_the_version(model: Path) -> None:
    from vitrine.saved_model.status import ApiError

    write_requests(model, ("", {"x": [1.0]}))
    path = model / "assets.extra" / "tf_serving_warmup_requests"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ApiError, match="verify your warmup data is in TFRecord format"):
        load(model)


def test_more_than_a_thousand_requests_are_refused(model: Path) -> None:
    from vitrine.saved_model.status import ApiError

    write_requests(model, *[("", {"x": [1.0]})] * 1001)
    with pytest.raises(ApiError, match=r"exceeds the maximum \(1000\)"):
        load(model)
