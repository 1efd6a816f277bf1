"""Warm-up: the requests in a SavedModel's `assets.extra`, run before it takes traffic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vitrine.saved_model.session import DEFAULT_SIGNATURE, SavedModelSession
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.classify_regress import infer, serialized_examples

if TYPE_CHECKING:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

WARMUP_FILE: Final = Path("assets.extra", "tf_serving_warmup_requests")
MAX_RECORDS: Final = 1000
"""TF Serving's limit of warm-up records."""


def warm_up(model: SavedModelSession, directory: Path) -> int:
    """Run each `PredictionLog` in the TFRecord file of `directory` once, and return their number.

    Raises:
        ApiError: The file is not a TFRecord of at most 1,000 `PredictionLog`s, or one of them fails.
    """
    path = directory / WARMUP_FILE
    if not path.is_file():
        return 0
    count = 0
    for log in read_logs(path):
        _run(model, log)
        count += 1
    return count


def read_logs(path: Path) -> Iterator[PredictionLog]:
    """Yield each `PredictionLog` of the TFRecord file at `path`.

    Raises:
        ApiError: The file is not a TFRecord of at most 1,000 `PredictionLog`s.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

    try:
        for count, record in enumerate(tf.data.TFRecordDataset(str(path)).as_numpy_iterator(), 1):
            if count > MAX_RECORDS:
                raise invalid(f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}")
            try:
                log = PredictionLog.FromString(record)
            except DecodeError:
                raise invalid(f"Failed to parse warmup record {count} from {path}") from None
            yield log
    except tf.errors.DataLossError as error:
        message = f"{error.message}. Please verify your warmup data is in TFRecord format."
        raise ApiError("DATA_LOSS", message) from None


def _run(model: SavedModelSession, log: PredictionLog) -> None:
    import tensorflow as tf

    kind = log.WhichOneof("log_type")
    if kind == "predict_log":
        request = log.predict_log.request
        signature = model.signature(request.model_spec.signature_name or DEFAULT_SIGNATURE)
        signature.run({name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()})
    elif kind in ("classify_log", "regress_log"):
        verb, request = kind.removesuffix("_log"), getattr(log, kind).request
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        examples = serialized_examples(request.input)
        infer(model.signatures, verb, name, examples, lambda signature, feeds: signature.run(feeds))
    else:
        raise ApiError("UNIMPLEMENTED", f"Unsupported log_type for warmup: {kind}")
