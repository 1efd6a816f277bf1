"""TensorFlow Serving over gRPC."""

from typing import Any

import grpc  # type: ignore[import-untyped]
import numpy.typing as npt
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from vitrine.gateway.backends.backend import Arrays
from vitrine.serving.errors import ApiError

_OPTIONS = [
    ("grpc.max_receive_message_length", 64 * 2**20),
    ("grpc.max_send_message_length", 64 * 2**20),
    # A server that comes back is found within a second, and not after the two minutes gRPC would wait.
    ("grpc.max_reconnect_backoff_ms", 1000),
]


class GrpcBackend:
    """A model of the server at `target`, `host:port`."""

    def __init__(self, target: str, model: str, timeout_seconds: float) -> None:
        self._channel = grpc.aio.insecure_channel(target, options=_OPTIONS)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)
        self._model = model
        self._timeout = timeout_seconds

    async def versions(self) -> list[int]:
        """The versions in state AVAILABLE."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self._model
        try:
            status = await self._ask(self._models.GetModelStatus, request)
        except ApiError as error:
            if error.code == "NOT_FOUND":
                return []
            raise
        available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
        return [one.version for one in status.model_version_status if one.state == available]

    async def signatures(self, version: int) -> frozenset[str]:
        """The names in the version's metadata."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self._model
        request.model_spec.version.value = version
        response = await self._ask(self._predictions.GetModelMetadata, request)
        found = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(found)
        return frozenset(found.signature_def)

    async def call(self, version: int, signature: str, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """Predict."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.version.value = version
        request.model_spec.signature_name = signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        response = await self._ask(self._predictions.Predict, request)
        return {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}

    async def _ask(self, method: Any, request: Any) -> Any:
        try:
            return await method(request, timeout=self._timeout)
        except grpc.aio.AioRpcError as error:
            raise ApiError(error.code().name, error.details() or "") from None

    async def close(self) -> None:
        """Close the channel; calls under way are cancelled."""
        await self._channel.close()
