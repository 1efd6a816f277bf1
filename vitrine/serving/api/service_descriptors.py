"""Descriptors of TF Serving's two gRPC services, for reflection.

`tensorflow_serving.apis` has them in modules that no present protobuf can import (`prediction_service_pb2`,
`model_service_pb2`); the messages are fine.
"""

from typing import Final

from google.protobuf import descriptor_pool  # type: ignore[import-untyped]
from google.protobuf.descriptor_pb2 import FileDescriptorProto  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
    regression_pb2,
)

PACKAGE: Final = "tensorflow.serving"
_METHODS: Final = {
    "PredictionService": {
        "Classify": (classification_pb2.ClassificationRequest, classification_pb2.ClassificationResponse),
        "Regress": (regression_pb2.RegressionRequest, regression_pb2.RegressionResponse),
        "Predict": (predict_pb2.PredictRequest, predict_pb2.PredictResponse),
        "MultiInference": (inference_pb2.MultiInferenceRequest, inference_pb2.MultiInferenceResponse),
        "GetModelMetadata": (
            get_model_metadata_pb2.GetModelMetadataRequest,
            get_model_metadata_pb2.GetModelMetadataResponse,
        ),
    },
    "ModelService": {
        "GetModelStatus": (get_model_status_pb2.GetModelStatusRequest, get_model_status_pb2.GetModelStatusResponse),
        "HandleReloadConfigRequest": (
            model_management_pb2.ReloadConfigRequest,
            model_management_pb2.ReloadConfigResponse,
        ),
    },
}
"""By service, the requests and responses of its methods (tensorflow_serving/apis/{prediction,model}_service.proto)."""
SERVICES: Final = tuple(f"{PACKAGE}.{name}" for name in _METHODS)


def register_services() -> None:
    """Add the services to the pool of all messages, where reflection looks, unless they are there."""
    pool = descriptor_pool.Default()
    for service, methods in _METHODS.items():
        try:
            pool.FindServiceByName(f"{PACKAGE}.{service}")
        except KeyError:
            pool.Add(_file(service, methods))


def _file(service: str, methods: dict[str, tuple[type[Message], type[Message]]]) -> FileDescriptorProto:
    name = service.removesuffix("Service").lower()
    file = FileDescriptorProto(name=f"tensorflow_serving/apis/{name}_service.proto", package=PACKAGE, syntax="proto3")
    described = file.service.add(name=service)
    messages = [message for pair in methods.values() for message in pair]
    file.dependency.extend(dict.fromkeys(message.DESCRIPTOR.file.name for message in messages))
    for method, (request, response) in methods.items():
        types = (f".{message.DESCRIPTOR.full_name}" for message in (request, response))
        described.method.add(name=method, **dict(zip(("input_type", "output_type"), types, strict=True)))
    return file
