"""A backend that calls TensorFlow Serving over gRPC."""

from functools import cached_property

import grpc  # type: ignore[import-untyped]
import tensorflow as tf
from google.protobuf.message import DecodeError, Message  # type: ignore[import-untyped]
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from vitrine.gateway.backends.backend import unreadable
from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.status import ApiError

_OPTIONS = [
    ("grpc.max_receive_message_length", 64 * 2**20),
    ("grpc.max_send_message_length", 64 * 2**20),
    # Reconnect within a second to a server that is back; gRPC's default backs off for up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Give up a server that accepts a connection but never responds after a second; the default is twenty.
    ("grpc.min_reconnect_backoff_ms", 1000),
    # A machine that has disappeared sends no packet; without pings the kernel retries for a quarter of an hour.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 2_000),
]


class GrpcBackend:
    """A model of the server at `target`, `host:port`: the version with `label`, or all versions."""

    def __init__(self, target: str, model: str, label: str | None = None) -> None:
        self._target = target
        self._model = model
        self._label = label

    @cached_property
    def _channel(self) -> grpc.aio.Channel:
        # A channel belongs to the running event loop, and none runs while a gateway is built: the first call opens it.
        return grpc.aio.insecure_channel(self._target, options=_OPTIONS)

    @cached_property
    def _predictions(self) -> prediction_service_pb2_grpc.PredictionServiceStub:
        return prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    @cached_property
    def _models(self) -> model_service_pb2_grpc.ModelServiceStub:
        return model_service_pb2_grpc.ModelServiceStub(self._channel)

    async def versions(self, seconds: float) -> list[int]:
        """Return the versions in state AVAILABLE, or the one with the label."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self._model
        try:
            if self._label:
                labelled = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
                labelled.model_spec.name = self._model
                labelled.model_spec.version_label = self._label
                metadata = await self._send(self._predictions.GetModelMetadata, labelled, seconds)
                return [metadata.model_spec.version.value]
            status = await self._send(self._models.GetModelStatus, request, seconds)
        except ApiError as error:
            if error.code == "NOT_FOUND":
                return []
            raise
        available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
        return [version.version for version in status.model_version_status if version.state == available]

    async def signatures(self, version: int, seconds: float) -> frozenset[str]:
        """Return the signature names in the version's metadata."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self._model
        request.model_spec.version.value = version
        response = await self._send(self._predictions.GetModelMetadata, request, seconds)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        try:
            response.metadata["signature_def"].Unpack(signatures)
        except DecodeError as error:
            raise unreadable(error) from None
        return frozenset(signatures.signature_def)

    async def call(self, version: int, signature: str, inputs: Inputs, seconds: float) -> Outputs:
        """Call Predict with the inputs."""
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.version.value = version
        request.model_spec.signature_name = signature
        for name, array in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
        response = await self._send(self._predictions.Predict, request, seconds)
        try:
            return {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}
        except (TypeError, ValueError) as error:
            raise unreadable(error) from None

    async def _send(self, method: grpc.aio.UnaryUnaryMultiCallable, request: Message, seconds: float) -> Message:
        try:
            return await method(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise ApiError(error.code().name, error.details() or "") from None

    async def close(self) -> None:
        """Close the channel and cancel the calls in progress."""
        await self._channel.close()
