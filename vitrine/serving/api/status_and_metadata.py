"""The responses `GetModelStatusResponse` and `GetModelMetadataResponse`, as protos and as JSON."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from vitrine.serving.lifecycle.model import VersionStatus
from vitrine.serving.lifecycle.servable import Servable

if TYPE_CHECKING:
    from google.protobuf.message import Message  # type: ignore[import-untyped]
    from tensorflow_serving.apis.get_model_metadata_pb2 import SignatureDefMap
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusResponse


def status_response(statuses: Mapping[int, VersionStatus]) -> "GetModelStatusResponse":
    """Build a `GetModelStatusResponse` with one entry per version, in the given order."""
    from tensorflow_serving.apis import get_model_status_pb2

    response = get_model_status_pb2.GetModelStatusResponse()
    for version, status in statuses.items():
        entry = response.model_version_status.add(version=version)
        entry.state = entry.State.Value(status.state)
        entry.status.error_code = _error_number(status.code or "OK")
        entry.status.error_message = status.message
    return response


def status_body(statuses: Mapping[int, VersionStatus]) -> bytes:
    """Format `status_response` as JSON."""
    return _dump(_as_json(status_response(statuses)))


def signature_map(servable: Servable) -> "SignatureDefMap":
    """Build the `SignatureDefMap` of a servable."""
    from tensorflow_serving.apis import get_model_metadata_pb2

    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in servable.meta_graph.signature_def.items():
        signatures.signature_def[name].CopyFrom(definition)
    return signatures


def metadata_body(servable: Servable) -> bytes:
    """Format a `GetModelMetadataResponse` with the `signature_def` of `servable` as JSON.

    As in TF Serving, the JSON holds the signatures directly, without the `Any` of the proto.
    """
    from tensorflow_serving.apis import model_pb2

    spec = model_pb2.ModelSpec(name=servable.name)
    spec.version.value = servable.version
    return _dump({"model_spec": _as_json(spec), "metadata": {"signature_def": _as_json(signature_map(servable))}})


def _error_number(code: str) -> int:
    from tensorflow.core.protobuf import error_codes_pb2

    return int(error_codes_pb2.Code.Value(code))


def _as_json(message: "Message") -> dict[str, JsonValue]:
    from google.protobuf import json_format  # type: ignore[import-untyped]

    fields: dict[str, JsonValue] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return fields


def _dump(value: dict[str, JsonValue]) -> bytes:
    return json.dumps(value, indent=1).encode()
