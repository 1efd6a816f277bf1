"""TF Serving's gRPC API, `PredictionService` and `ModelService`, on the same servables as the REST API.

Codes and messages come from TF Serving's `predict_util.cc`, `get_model_metadata_impl.cc`, `get_model_status_impl.cc`
and `multi_inference.cc`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

import grpc  # type: ignore[import-untyped]
import tensorflow as tf
from grpc import ServicerContext
from grpc_health.v1 import health, health_pb2, health_pb2_grpc  # type: ignore[import-untyped]
from grpc_reflection.v1alpha import reflection  # type: ignore[import-untyped]
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest, ClassificationResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, GetModelMetadataResponse
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.inference_pb2 import InferenceTask, MultiInferenceRequest, MultiInferenceResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.regression_pb2 import RegressionRequest, RegressionResponse

from vitrine.errors import ServeError
from vitrine.http_server.limits import DEFAULT_LIMITS, ConnectionLimits
from vitrine.saved_model.arrays import Inputs
from vitrine.saved_model.session import DEFAULT_SIGNATURE, Signature
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.api.service_descriptors import SERVICES, register_services
from vitrine.serving.api.status_and_metadata import signature_map, status_response
from vitrine.serving.api.typed_tensors import typed_tensor
from vitrine.serving.classify_regress import METHODS, infer, serialized_examples
from vitrine.serving.config.model_config import model_configs
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.lifecycle.servable import Servable, using

if TYPE_CHECKING:
    from google.protobuf.message import Message  # type: ignore[import-untyped]
    from tensorflow.core.framework.tensor_pb2 import TensorProto
    from tensorflow_serving.apis.model_pb2 import ModelSpec

    from vitrine.serving.api.rest import Limits

IDLE_SECONDS: Final = 300
"""Seconds after which a connection without a call is closed; clients open another by themselves."""
METADATA_FIELD: Final = "signature_def"
"""The only metadata field of TF Serving."""

Response = TypeVar("Response")

_log = logging.getLogger(__name__)


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """`tensorflow.serving.PredictionService`, which names the methods."""

    def __init__(self, servables: ServableManager) -> None:
        self._servables = servables

    def Predict(self, request: PredictRequest, context: ServicerContext) -> PredictResponse:  # noqa: N802
        """Compute the outputs of a signature for tensors."""
        return self._counted("Predict", request, context, lambda: self._predict(request))

    def Classify(self, request: ClassificationRequest, context: ServicerContext) -> ClassificationResponse:  # noqa: N802
        """Compute the labels and scores of examples."""
        response = ClassificationResponse()
        return self._counted("Classify", request, context, lambda: self._infer("classify", request, response))

    def Regress(self, request: RegressionRequest, context: ServicerContext) -> RegressionResponse:  # noqa: N802
        """Compute a number for each example."""
        response = RegressionResponse()
        return self._counted("Regress", request, context, lambda: self._infer("regress", request, response))

    def MultiInference(self, request: MultiInferenceRequest, context: ServicerContext) -> MultiInferenceResponse:  # noqa: N802
        """Compute several classifications and regressions of the same examples."""
        return answer_or_abort(context, lambda: self._multi_inference(request))

    def GetModelMetadata(self, request: GetModelMetadataRequest, context: ServicerContext) -> GetModelMetadataResponse:  # noqa: N802
        """Return the signatures of a model."""
        return answer_or_abort(context, lambda: self._metadata(request))

    def _counted(
        self, api: str, request: Message, context: ServicerContext, answer: Callable[[], Response]
    ) -> Response:
        def counted() -> Response:
            with self._servables.counted(request.model_spec.name, api, "GRPC"):
                return answer()

        return answer_or_abort(context, counted)

    def _acquire(self, request: Message) -> Servable:
        return acquire(self._servables, _spec(request))

    def _predict(self, request: PredictRequest) -> PredictResponse:
        with using(self._acquire(request)) as servable:
            name = request.model_spec.signature_name or DEFAULT_SIGNATURE
            signature = servable.signatures.get(name)
            if signature is None:
                raise ApiError("FAILED_PRECONDITION", f'Serving signature key "{name}" not found.')
            output_names = _output_names(signature, list(request.output_filter))
            outputs = self._servables.metrics.timed(servable.name, "Predict")(signature, _feeds(request.inputs))
            response = PredictResponse()
            _fill_spec(response.model_spec, servable, name)
            for output in output_names:
                dtype = tf.as_dtype(signature.definition.outputs[output].dtype)
                response.outputs[output].CopyFrom(typed_tensor(outputs[output], dtype))
            return response

    def _infer(self, verb: str, request: Message, response: Message) -> Message:
        with using(self._acquire(request)) as servable:
            examples = self._examples(servable, request)
            self._fill_result(response.result, verb, servable, request.model_spec, examples)
            _fill_spec(response.model_spec, servable, request.model_spec.signature_name or DEFAULT_SIGNATURE)
            return response

    def _multi_inference(self, request: MultiInferenceRequest) -> MultiInferenceResponse:
        _check_tasks(request.tasks)
        response = MultiInferenceResponse()
        if not request.tasks:
            return response
        with using(acquire(self._servables, request.tasks[0].model_spec)) as servable:
            examples = self._examples(servable, request)
            verbs = {method: verb for verb, (_, method) in METHODS.items()}
            for task in request.tasks:
                if task.method_name not in verbs:
                    raise ApiError("UNIMPLEMENTED", f"Unsupported signature method_name: {task.method_name}")
                verb, answer = verbs[task.method_name], response.results.add()
                result = getattr(answer, f"{METHODS[verb][0]}_result")
                self._fill_result(result, verb, servable, task.model_spec, examples)
                _fill_spec(answer.model_spec, servable, task.model_spec.signature_name or DEFAULT_SIGNATURE)
        return response

    def _examples(self, servable: Servable, request: Message) -> list[bytes]:
        examples = serialized_examples(request.input)
        if not examples:
            raise invalid("Input is empty.")
        self._servables.metrics.examples(servable.name, len(examples))
        return examples

    def _fill_result(
        self, result: Message, verb: str, servable: Servable, spec: ModelSpec, examples: list[bytes]
    ) -> None:
        """Fill a `ClassificationResult` or a `RegressionResult` with the signature's results for the examples."""
        run = self._servables.metrics.timed(servable.name, verb.capitalize())
        for value in infer(servable.signatures, verb, spec.signature_name or DEFAULT_SIGNATURE, examples, run):
            if isinstance(value, list):
                classes = result.classifications.add().classes
                for label, score in value:
                    classes.add(label=label, score=float(score))
            else:
                result.regressions.add(value=float(value))

    def _metadata(self, request: GetModelMetadataRequest) -> GetModelMetadataResponse:
        spec = _spec(request)
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for name in request.metadata_field:
            if name != METADATA_FIELD:
                raise invalid(f"Metadata field {name} is not supported")
        with using(acquire(self._servables, spec)) as servable:
            response = GetModelMetadataResponse()
            response.model_spec.name = servable.name
            response.model_spec.version.value = servable.version
            response.metadata[METADATA_FIELD].Pack(signature_map(servable))
            return response


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """`tensorflow.serving.ModelService`."""

    def __init__(self, servables: ServableManager) -> None:
        self._servables = servables

    def GetModelStatus(self, request: GetModelStatusRequest, context: ServicerContext) -> GetModelStatusResponse:  # noqa: N802
        """Return the state of a model's versions."""
        return answer_or_abort(context, lambda: self._status(request))

    def HandleReloadConfigRequest(self, request: ReloadConfigRequest, context: ServicerContext) -> ReloadConfigResponse:  # noqa: N802
        """Serve other models, and answer once they serve."""
        return answer_or_abort(context, lambda: self._reload(request))

    def _reload(self, request: ReloadConfigRequest) -> ReloadConfigResponse:
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        self._servables.reload(model_configs(request.config))
        return ReloadConfigResponse()

    def _status(self, request: GetModelStatusRequest) -> GetModelStatusResponse:
        spec = _spec(request)
        # Like TF Serving, return all versions when the request names a label.
        version = spec.version.value if spec.HasField("version") else None
        return status_response(self._servables.statuses(spec.name, version))


def start_grpc(
    servables: ServableManager,
    host: str,
    port: int,
    limits: Limits,
    connections: ConnectionLimits = DEFAULT_LIMITS,
) -> tuple[grpc.Server, int]:
    """Serve both services on `host` and `port` (0 for any free port); return the server and its port.

    Beside them are gRPC's own services of health and reflection, for probes and for clients without the protos.

    Connections are half as many as REST may have, so that neither takes all files that the process may open.

    Raises:
        ServeError: The address is in use or not allowed.
    """
    size = [(f"grpc.max_{way}_message_length", limits.body_bytes) for way in ("receive", "send")]
    options = [
        *size,
        ("grpc.so_reuseport", 0),  # with it, a second server on the port would silently share the calls
        ("grpc.max_allowed_incoming_connections", max(1, connections.most_connections() // 2)),
        ("grpc.server_handshake_timeout_ms", int(connections.head_seconds * 1000)),
        ("grpc.max_connection_idle_ms", IDLE_SECONDS * 1000),
    ]
    server = grpc.server(ThreadPoolExecutor(limits.workers, "grpc"), options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(servables), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(servables), server)
    probes = health.HealthServicer()  # models are loaded by now
    for name in SERVICES:
        probes.set(name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(probes, server)
    register_services()
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    try:
        bound = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError:
        raise ServeError(f"cannot listen for gRPC on {host}:{port}; try another --grpc-port or --host") from None
    server.start()
    return server, bound


def answer_or_abort(context: ServicerContext, answer: Callable[[], Response]) -> Response:
    """Return the result of `answer`, or abort the call with the code and message of its error."""
    try:
        return answer()
    except ApiError as error:
        code, message = grpc.StatusCode[error.code], error.message
    except Exception:
        _log.exception("a gRPC call failed")
        code, message = grpc.StatusCode.INTERNAL, "Internal error; the server's log has the details."
    raise context.abort(code, message)  # raises by itself


def acquire(servables: ServableManager, spec: ModelSpec) -> Servable:
    """Return the servable that a `ModelSpec` names, entered for one request, which must `leave` it.

    Raises:
        ApiError: NOT_FOUND when it is not loaded, INVALID_ARGUMENT for an unknown label.
    """
    version = spec.version.value if spec.HasField("version") else None
    return servables.acquire(spec.name, version, spec.version_label if spec.HasField("version_label") else None)


def _spec(request: Message) -> ModelSpec:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return request.model_spec


def _feeds(inputs: Mapping[str, TensorProto]) -> Inputs:
    try:
        return {name: tf.make_ndarray(tensor) for name, tensor in inputs.items()}
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {error}") from None


def _output_names(signature: Signature, output_filter: list[str]) -> list[str]:
    for position, name in enumerate(output_filter):
        if name not in signature.outputs:
            known = ",".join(sorted(signature.outputs))
            raise invalid(
                f"output tensor alias not found in signature: {name} Outputs expected to be in the set {{{known}}}."
            )
        if name in output_filter[:position]:
            raise invalid(f"duplicate output tensor alias: {name}")
    return output_filter or list(signature.outputs)


def _check_tasks(tasks: Sequence[InferenceTask]) -> None:
    models, seen = {task.model_spec.name for task in tasks}, set[str]()
    if "" in models:
        raise invalid("Found ModelSpec with an empty model name.")
    if len(models) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    for task in tasks:
        name = task.model_spec.signature_name or DEFAULT_SIGNATURE
        if name in seen:
            raise invalid(f"Duplicate evaluation of signature: {name}")
        seen.add(name)


def _fill_spec(spec: ModelSpec, servable: Servable, signature: str) -> None:
    spec.name, spec.signature_name = servable.name, signature
    spec.version.value = servable.version
