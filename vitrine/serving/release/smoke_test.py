"""The smoke test of a version: a few requests that it must answer with something before anyone is sent to it."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vitrine.errors import DataError, RefusedError
from vitrine.saved_model.session import DEFAULT_SIGNATURE
from vitrine.saved_model.status import ApiError
from vitrine.serving.lifecycle.warmup import WARMUP_FILE, read_logs
from vitrine.serving.release.server_client import ModelServer


class Question(NamedTuple):
    """A predict request: the signature and its inputs by column, as JSON."""

    signature: str
    inputs: Any


def from_texts(texts: Iterable[str]) -> list[Question]:
    """Each of `texts`, asked of the default signature."""
    return [Question(DEFAULT_SIGNATURE, [text]) for text in texts]


def warmup_file(directory: Path) -> Path:
    """Where the SavedModel in `directory` carries its warm-up requests. Raises DataError where it carries none."""
    path = directory / WARMUP_FILE
    if not path.is_file():
        raise DataError(f"{path}: no such file, so there is nothing to ask; give --query TEXT, or --no-smoke")
    return path


def recorded(path: Path) -> list[Question]:
    """The first of the warm-up requests at `path` of each signature. Imports TensorFlow.

    Raises:
        DataError: They cannot be read, or none of them predicts.
    """
    found: dict[str, Question] = {}
    try:
        for log in read_logs(path):
            request = log.predict_log.request
            signature = request.model_spec.signature_name or DEFAULT_SIGNATURE
            if log.HasField("predict_log") and signature not in found:
                found[signature] = Question(signature, {name: _column(value) for name, value in request.inputs.items()})
    except ApiError as error:
        raise DataError(f"{path}: {error.message}") from None
    if not found:
        raise DataError(f"{path}: no request that predicts; give --query TEXT, or --no-smoke")
    return list(found.values())


def check(server: ModelServer, version: int, questions: Sequence[Question]) -> None:
    """Ask `version` all `questions`.

    Raises:
        RefusedError: One is answered with an error, or with nothing: no values, or only empty strings and NaN.
        NetworkError: The server does not answer.
    """
    for question in questions:
        if not any(map(_says_something, _values(server.predict(version, question.signature, question.inputs)))):
            raise RefusedError(f"version {version} answers {question.signature} with nothing")


def _says_something(value: Any) -> bool:
    return value not in ("", None) and value == value  # NaN is another than itself


def _values(answer: Any) -> Iterator[Any]:
    if isinstance(answer, dict):
        answer = answer["b64"] if answer.keys() == {"b64"} else list(answer.values())
    if isinstance(answer, list):
        for one in answer:
            yield from _values(one)
    else:
        yield answer


def _column(tensor: Any) -> Any:
    import tensorflow as tf

    return _as_json(tf.make_ndarray(tensor).tolist())


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
