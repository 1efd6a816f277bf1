"""TF Serving's gRPC API, to the letter. Runs against ours, or any server that VITRINE_TFSERVING_GRPC names."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from vitrine.errors import ServeError
from vitrine.serving.api.grpc import start_grpc
from vitrine.serving.api.rest import Limits
from vitrine.serving.api.service_descriptors import SERVICES
from vitrine.serving.lifecycle.manager import ServableManager


@pytest.fixture(scope="module")
def channel(request: pytest.FixtureRequest) -> Iterator[grpc.Channel]:
    """A channel to the server under test."""
    address = os.environ.get("VITRINE_TFSERVING_GRPC")
    if address:
        with grpc.insecure_channel(address) as channel:
            yield channel
        return
    server, port = start_grpc(request.getfixturevalue("contract_servables"), "127.0.0.1", 0, Limits())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(None).wait()


@pytest.fixture(scope="module")
def prediction(channel: grpc.Channel) -> Any:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


@pytest.fixture(scope="module")
def models(channel: grpc.Channel) -> Any:
    return model_service_pb2_grpc.ModelServiceStub(channel)


def predict(signature: str = "", model: str = "contract", **inputs: Any) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def versioned(version: int | None = None, label: str = "") -> predict_pb2.PredictRequest:
    """A request of the model `versions`, which multiplies by ten times its version."""
    request = predict(model="versions", x=np.ones(1, np.float32))
    if version:
        request.model_spec.version.value = version
    if label:
        request.model_spec.version_label = label
    return request


def examples(kind: Any, signature: str = "", **features: list[float]) -> Any:
    """A request of one example for each value of `x`."""
    request = kind()
    request.model_spec.name, request.model_spec.signature_name = "examples", signature
    for value in features["x"]:
        request.input.example_list.examples.add().features.feature["x"].float_list.value.append(value)
    return request


def refusal(call: Any, request: Any) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as raised:
        call(request)
    error: Any = raised.value
    return error.code().name, error.details()


class TestPredict:
    def test_answers_by_output_name_and_says_which_version_did(self, prediction: Any) -> None:
        response = prediction.Predict(predict(x=np.array([1.5, 2.0], np.float32)))
        assert tf.make_ndarray(response.outputs["y"]).tolist() == [3.0, 4.0]
        spec = response.model_spec
        assert (spec.name, spec.version.value, spec.signature_name) == ("contract", 1, "serving_default")

    def test_gives_strings_and_numbers_of_every_output(self, prediction: Any) -> None:
        response = prediction.Predict(predict("describe", query=[b"mug", b"\xff\x00"]))
        outputs = {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
        assert set(outputs) == {"product_id", "raw_bytes", "number", "score"}
        assert outputs["raw_bytes"].tolist() == [b"mug", b"\xff\x00"]
        assert outputs["product_id"].tolist() == [[b"mug", b"MUG"], [b"\xff\x00", b"\xff\x00"]]
        assert outputs["number"].tolist() == [7, -1]
        assert outputs["number"].dtype == np.int64
        assert outputs["score"].shape == (2, 1)

    def test_puts_values_in_the_fields_that_clients_without_tensorflow_read(self, prediction: Any) -> None:
        outputs = prediction.Predict(predict("describe", query=[b"mug", b"\xff"])).outputs
        assert list(outputs["product_id"].string_val) == [b"mug", b"MUG", b"\xff", b"\xff"]
        assert list(outputs["number"].int64_val) == [7, -1]
        assert list(outputs["score"].float_val) == [2.0, 2.0]
        assert [dim.size for dim in outputs["score"].tensor_shape.dim] == [2, 1]
        assert not any(tensor.tensor_content for tensor in outputs.values())

    @pytest.mark.parametrize(
        ("dtype", "field", "value"),
        [
            ("float64", "double_val", 0.1),
            ("int8", "int_val", -8),
            ("uint8", "int_val", 200),
            ("int16", "int_val", -300),
            ("int32", "int_val", -70_000),
            ("int64", "int64_val", -(2**40)),
            ("uint32", "uint32_val", 2**32 - 1),
            ("uint64", "uint64_val", 2**64 - 1),
            ("bool", "bool_val", True),
        ],
    )
    def test_every_type_has_its_field(self, prediction: Any, dtype: str, field: str, value: object) -> None:
        request = predict(dtype, "types", value=np.array([value], dtype))
        tensor = prediction.Predict(request).outputs["value"]
        assert list(getattr(tensor, field)) == [value]
        assert not tensor.tensor_content

    def test_gives_only_the_outputs_that_are_asked_for(self, prediction: Any) -> None:
        request = predict("describe", query=[b"mug"])
        request.output_filter.append("number")
        assert list(prediction.Predict(request).outputs) == ["number"]

    def test_takes_no_rows(self, prediction: Any) -> None:
        response = prediction.Predict(predict(x=np.zeros(0, np.float32)))
        assert tf.make_ndarray(response.outputs["y"]).shape == (0,)

    def test_answers_a_version_by_its_number(self, prediction: Any) -> None:
        request = predict(x=np.ones(1, np.float32))
        request.model_spec.version.value = 1
        assert prediction.Predict(request).model_spec.version.value == 1

    @pytest.mark.parametrize(
        "name",
        ["float32", "float64", "int8", "uint8", "int16", "int32", "int64", "uint32", "uint64", "bool", "float16"],
    )
    def test_gives_every_type_back(self, prediction: Any, name: str) -> None:
        value = np.array([[0, 1], [1, 0]], name)
        answer = tf.make_ndarray(prediction.Predict(predict(name, "types", value=value)).outputs["value"])
        np.testing.assert_array_equal(answer, value)
        assert answer.dtype == value.dtype

    def test_of_a_model_or_a_version_that_is_not_there(self, prediction: Any) -> None:
        assert refusal(prediction.Predict, predict(model="nope", x=np.ones(1, np.float32))) == (
            "NOT_FOUND", "Servable not found for request: Latest(nope)"
        )  # fmt: skip
        request = predict(x=np.ones(1, np.float32))
        request.model_spec.version.value = 9
        assert refusal(prediction.Predict, request) == (
            "NOT_FOUND", "Servable not found for request: Specific(contract, 9)"
        )  # fmt: skip

    def test_without_a_model(self, prediction: Any) -> None:
        assert refusal(prediction.Predict, predict_pb2.PredictRequest()) == ("INVALID_ARGUMENT", "Missing ModelSpec")

    def test_of_an_unknown_signature_label_or_output(self, prediction: Any) -> None:
        assert refusal(prediction.Predict, predict("nope", x=np.ones(1, np.float32))) == (
            "FAILED_PRECONDITION", 'Serving signature key "nope" not found.'
        )  # fmt: skip
        request = predict(x=np.ones(1, np.float32))
        request.model_spec.version_label = "stable"
        code, message = refusal(prediction.Predict, request)
        assert (code, "stable" in message) == ("INVALID_ARGUMENT", True)
        request = predict(x=np.ones(1, np.float32))
        request.output_filter.append("z")
        assert refusal(prediction.Predict, request) == (
            "INVALID_ARGUMENT",
            "output tensor alias not found in signature: z Outputs expected to be in the set {y}.",
        )
        request = predict(x=np.ones(1, np.float32))
        request.output_filter.extend(["y", "y"])
        assert refusal(prediction.Predict, request) == ("INVALID_ARGUMENT", "duplicate output tensor alias: y")

    def test_with_other_inputs_than_the_signatures(self, prediction: Any) -> None:
        assert refusal(prediction.Predict, predict("join", vector=np.ones((1, 3), np.float32))) == (
            "INVALID_ARGUMENT",
            (
                "input size does not match signature: 1!=2 len({vector}) != len({label,vector}). Sent extra: {}. "
                "Missing but required: {label}."
            ),
        )
        code, message = refusal(prediction.Predict, predict(x=np.array(["mug"])))
        assert code == "INVALID_ARGUMENT"
        assert "float" in message
        assert "string" in message
        code, _ = refusal(prediction.Predict, predict("join", vector=np.ones((1, 4), np.float32), label=["a"]))
        assert code == "INVALID_ARGUMENT"

    def test_with_a_tensor_that_is_none(self, prediction: Any) -> None:
        request = predict(x=np.ones(2, np.float32))
        request.inputs["x"].tensor_content = b"xyz"
        code, message = refusal(prediction.Predict, request)
        assert code == "INVALID_ARGUMENT"
        assert message


class TestExamples:
    def test_classify_gives_labels_and_scores(self, prediction: Any) -> None:
        response = prediction.Classify(examples(classification_pb2.ClassificationRequest, x=[1.5, -2.0]))
        classes = [[(entry.label, entry.score) for entry in row.classes] for row in response.result.classifications]
        assert classes == [[("up", 1.5), ("down", -1.5)], [("up", -2.0), ("down", 2.0)]]
        assert (response.model_spec.name, response.model_spec.version.value) == ("examples", 1)

    def test_regress_gives_numbers(self, prediction: Any) -> None:
        response = prediction.Regress(examples(regression_pb2.RegressionRequest, "total", x=[1.5, -2.0]))
        assert [entry.value for entry in response.result.regressions] == [1.5, -2.0]

    def test_the_context_belongs_to_every_example(self, prediction: Any) -> None:
        request = regression_pb2.RegressionRequest()
        request.model_spec.name, request.model_spec.signature_name = "examples", "total"
        listed = request.input.example_list_with_context
        listed.context.features.feature["bonus"].int64_list.value.append(10)
        for value in (1.0, 2.0):
            listed.examples.add().features.feature["x"].float_list.value.append(value)
        assert [entry.value for entry in prediction.Regress(request).result.regressions] == [11.0, 12.0]

    def test_without_an_example_or_by_the_wrong_method(self, prediction: Any) -> None:
        assert refusal(prediction.Regress, examples(regression_pb2.RegressionRequest, "total", x=[])) == (
            "INVALID_ARGUMENT", "Input is empty."
        )  # fmt: skip
        code, message = refusal(prediction.Regress, examples(regression_pb2.RegressionRequest, x=[1.0]))
        assert code == "INVALID_ARGUMENT"
        assert message.startswith("Expected regression signature method_name to be tensorflow/serving/regress. Was: ")

    def test_several_at_once(self, prediction: Any) -> None:
        request = inference_pb2.MultiInferenceRequest()
        for signature, method in (("serving_default", "classify"), ("total", "regress")):
            task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
            task.model_spec.name, task.model_spec.signature_name = "examples", signature
        request.input.example_list.examples.add().features.feature["x"].float_list.value.append(3.0)
        classes, values = prediction.MultiInference(request).results
        assert [entry.label for entry in classes.classification_result.classifications[0].classes] == ["up", "down"]
        assert [entry.value for entry in values.regression_result.regressions] == [3.0]
        assert values.model_spec.signature_name == "total"

    def test_several_at_once_of_one_model_only_and_each_once(self, prediction: Any) -> None:
        request = inference_pb2.MultiInferenceRequest()
        request.tasks.add(method_name="tensorflow/serving/classify").model_spec.name = "examples"
        request.tasks.add(method_name="tensorflow/serving/classify").model_spec.name = "contract"
        assert refusal(prediction.MultiInference, request) == (
            "INVALID_ARGUMENT", "All ModelSpecs in a MultiInferenceRequest must access the same model name."
        )  # fmt: skip
        request.tasks[1].model_spec.name = "examples"
        assert refusal(prediction.MultiInference, request) == (
            "INVALID_ARGUMENT", "Duplicate evaluation of signature: serving_default"
        )  # fmt: skip


class TestModels:
    def test_metadata_has_the_signatures(self, prediction: Any) -> None:
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = "contract"
        response = prediction.GetModelMetadata(request)
        signature_map = get_model_metadata_pb2.SignatureDefMap()
        assert response.metadata["signature_def"].Unpack(signature_map)
        assert {"serving_default", "describe", "join", "totals", "ragged"} <= set(signature_map.signature_def)
        assert set(signature_map.signature_def["join"].inputs) == {"label", "vector"}
        assert (response.model_spec.name, response.model_spec.version.value) == ("contract", 1)

    def test_metadata_without_a_field(self, prediction: Any) -> None:
        request = get_model_metadata_pb2.GetModelMetadataRequest()
        request.model_spec.name = "contract"
        assert refusal(prediction.GetModelMetadata, request) == (
            "INVALID_ARGUMENT", "GetModelMetadataRequest must specify at least one metadata_field"
        )  # fmt: skip

    def test_status_lists_versions(self, models: Any) -> None:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "contract"
        (status,) = models.GetModelStatus(request).model_version_status
        assert (status.version, status.state, status.status.error_code) == (1, status.AVAILABLE, 0)

    def test_status_of_what_was_never_there(self, models: Any) -> None:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "nope"
        assert refusal(models.GetModelStatus, request) == ("NOT_FOUND", "Could not find any versions of model nope")
        request.model_spec.name, request.model_spec.version.value = "contract", 7
        assert refusal(models.GetModelStatus, request) == ("NOT_FOUND", "Could not find version 7 of model contract")


class TestVersionsAndLabels:
    """Of the model `versions`: 1 (stable) and 2 (canary) serve, 3 is on disk."""

    @pytest.mark.parametrize(("choice", "version"), [({}, 2), ({"version": 1}, 1), ({"label": "stable"}, 1)])
    def test_are_chosen_in_the_model_spec(self, prediction: Any, choice: dict[str, Any], version: int) -> None:
        response = prediction.Predict(versioned(**choice))
        assert tf.make_ndarray(response.outputs["y"]).tolist() == [10.0 * version]
        assert response.model_spec.version.value == version

    def test_that_are_unknown_are_refused(self, prediction: Any) -> None:
        assert refusal(prediction.Predict, versioned(label="nope")) == (
            "INVALID_ARGUMENT", "Unrecognized servable version label: nope"
        )  # fmt: skip
        assert refusal(prediction.Predict, versioned(version=3)) == (
            "NOT_FOUND", "Servable not found for request: Specific(versions, 3)"
        )  # fmt: skip

    def test_have_their_own_metadata(self, prediction: Any) -> None:
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name, request.model_spec.version_label = "versions", "stable"
        assert prediction.GetModelMetadata(request).model_spec.version.value == 1

    def test_are_all_in_the_status_whatever_the_label(self, models: Any) -> None:
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name, request.model_spec.version_label = "versions", "nope"
        assert [entry.version for entry in models.GetModelStatus(request).model_version_status] == [2, 1]


class TestReload:
    """Refused configurations, after which the previous models still serve."""

    @pytest.mark.parametrize(
        ("config", "code", "message"),
        [
            (
                "",
                "INVALID_ARGUMENT",
                (
                    "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                    "Only ModelConfigList is currently supported"
                ),
            ),
            (
                """model_config_list { config { name: "contract" base_path: "/a" model_platform: "tensorflow" }
                   config { name: "contract" base_path: "/b" model_platform: "tensorflow" } }""",
                "INVALID_ARGUMENT",
                "Illegal to list model contract multiple times in config list",
            ),
            (
                'model_config_list { config { name: "contract" base_path: "a/b" model_platform: "tensorflow" } }',
                "INVALID_ARGUMENT",
                "Expected model contract to have an absolute path or URI; got base_path()=a/b",
            ),
            (
                'model_config_list { config { name: "contract" base_path: "/a" } }',
                "INVALID_ARGUMENT",
                (
                    "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
                    "ModelServerConfig::model_platform."
                ),
            ),
            (
                """model_config_list { config { name: "versions" base_path: "/a" model_platform: "tensorflow"
                   version_labels { key: "stable" value: 3 } } }""",
                "FAILED_PRECONDITION",
                (
                    "Request to assign label to version 3 of model versions, "
                    "which is not currently available for inference"
                ),
            ),
        ],
    )
    def test_of_a_bad_config_changes_nothing(
        self, models: Any, prediction: Any, config: str, code: str, message: str
    ) -> None:
        request = model_management_pb2.ReloadConfigRequest()
        text_format.Parse(config, request.config)
        assert refusal(models.HandleReloadConfigRequest, request) == (code, message)
        assert prediction.Predict(versioned(label="stable")).model_spec.version.value == 1
        assert prediction.Predict(predict(x=np.ones(1, np.float32))).model_spec.version.value == 1


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    first, port = start_grpc(ServableManager(tmp_path), "127.0.0.1", 0, Limits())
    with pytest.raises(ServeError, match=f"cannot listen for gRPC on 127.0.0.1:{port}; try another --grpc-port"):
        start_grpc(ServableManager(tmp_path), "127.0.0.1", port, Limits())
    first.stop(None).wait()


def test_the_examples_of_several_at_once_are_counted_once(contract_models: Path) -> None:
    servables = ServableManager(contract_models)
    servables.refresh()
    server, port = start_grpc(servables, "127.0.0.1", 0, Limits())
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in (("serving_default", "classify"), ("total", "regress")):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name, task.model_spec.signature_name = "examples", signature
    request.input.example_list.examples.add().features.feature["x"].float_list.value.append(3.0)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        prediction_service_pb2_grpc.PredictionServiceStub(channel).MultiInference(request)
    server.stop(None).wait()
    assert b':tensorflow:serving:request_example_count_total{model="examples"} 1\n' in servables.metrics.page()
    servables.close()


class TestProbes:
    """gRPC's own services, which load balancers, Kubernetes and grpcurl call."""

    @pytest.mark.parametrize("service", ["", "tensorflow.serving.PredictionService"])
    def test_is_healthy(self, channel: grpc.Channel, service: str) -> None:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def test_describes_its_services_and_messages(self, channel: grpc.Channel) -> None:
        pool = DescriptorPool(database := ProtoReflectionDescriptorDatabase(channel))
        assert set(SERVICES) <= set(database.get_services())
        predict = pool.FindServiceByName("tensorflow.serving.PredictionService").FindMethodByName("Predict")
        assert predict.input_type.full_name == "tensorflow.serving.PredictRequest"
        assert "float_val" in pool.FindMessageTypeByName("tensorflow.TensorProto").fields_by_name
