"""The smoke test of a version: a few requests that it must answer before a label moves to it."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import JsonValue

from vitrine.errors import DataError, RefusedError
from vitrine.saved_model.session import DEFAULT_SIGNATURE
from vitrine.saved_model.status import ApiError
from vitrine.serving.lifecycle.warmup import WARMUP_FILE, read_logs
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving_client.rest import column

if TYPE_CHECKING:
    from tensorflow.core.framework.tensor_pb2 import TensorProto


class SmokeRequest(NamedTuple):
    """A predict request: the signature and its inputs by column, as JSON."""

    signature: str
    inputs: JsonValue


def text_requests(texts: Iterable[str]) -> list[SmokeRequest]:
    """Return a request to the default signature for each text."""
    return [SmokeRequest(DEFAULT_SIGNATURE, [text]) for text in texts]


def warmup_file(directory: Path) -> Path:
    """Return the path of the warm-up requests of a SavedModel. Raises DataError if it has none."""
    path = directory / WARMUP_FILE
    if not path.is_file():
        raise DataError(f"{path}: no such file, so there is no smoke test; give --query TEXT, or --no-smoke")
    return path


def recorded_requests(path: Path) -> list[SmokeRequest]:
    """Return the first warm-up request of each signature in the file `path`. Imports TensorFlow.

    Raises:
        DataError: The file cannot be read, or has no predict request.
    """
    requests: dict[str, SmokeRequest] = {}
    try:
        for log in read_logs(path):
            request = log.predict_log.request
            signature = request.model_spec.signature_name or DEFAULT_SIGNATURE
            if log.HasField("predict_log") and signature not in requests:
                requests[signature] = SmokeRequest(
                    signature, {name: _column(value) for name, value in request.inputs.items()}
                )
    except ApiError as error:
        raise DataError(f"{path}: {error.message}") from None
    if not requests:
        raise DataError(f"{path}: no predict request; give --query TEXT, or --no-smoke")
    return list(requests.values())


def run_smoke_test(server: ModelServer, version: int, requests: Sequence[SmokeRequest]) -> None:
    """Send all `requests` to `version`.

    Raises:
        RefusedError: A response is an error or empty: it has no values, or only empty strings and NaN.
        NetworkError: The server does not respond.
    """
    for request in requests:
        if not any(map(_is_informative, _values(server.predict(version, request.signature, request.inputs)))):
            raise RefusedError(f"version {version} answers {request.signature} with nothing")


def _is_informative(value: JsonValue) -> bool:
    return value not in ("", None) and value == value  # NaN is not equal to itself


def _values(answer: JsonValue) -> Iterator[JsonValue]:
    if isinstance(answer, dict):
        answer = answer["b64"] if answer.keys() == {"b64"} else list(answer.values())
    if isinstance(answer, list):
        for item in answer:
            yield from _values(item)
    else:
        yield answer


def _column(tensor: "TensorProto") -> JsonValue:
    import tensorflow as tf

    return column(tf.make_ndarray(tensor))
