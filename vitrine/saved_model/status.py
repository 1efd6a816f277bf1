"""Errors of calls to a model: TensorFlow's canonical codes and the HTTP status of each in TF Serving's REST API."""

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import tensorflow as tf

Code = Literal[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]

HTTP_STATUS: Final[dict[Code, int]] = {
    "CANCELLED": 499,
    "UNKNOWN": 500,
    "INVALID_ARGUMENT": 400,
    "DEADLINE_EXCEEDED": 504,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "PERMISSION_DENIED": 403,
    "RESOURCE_EXHAUSTED": 429,
    "FAILED_PRECONDITION": 400,
    "ABORTED": 409,
    "OUT_OF_RANGE": 400,
    "UNIMPLEMENTED": 501,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DATA_LOSS": 500,
    "UNAUTHENTICATED": 401,
}
"""HTTP status of TF Serving's server for each code."""

_CODES: Final[tuple[Code, ...]] = tuple(HTTP_STATUS)
"""The codes in the order of `google.rpc.Code`, which numbers them from 1."""


class ApiError(Exception):
    """A failed call or a failed load of a model, with a code and a message for the caller."""

    def __init__(self, code: Code, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or HTTP_STATUS[code]


def invalid(message: str) -> ApiError:
    """Return the most common error, INVALID_ARGUMENT, which is HTTP status 400."""
    return ApiError("INVALID_ARGUMENT", message)


def from_tensorflow(error: "tf.errors.OpError") -> ApiError:
    """Return an ApiError with the code and message of a `tf.errors.OpError`."""
    return ApiError(_CODES[error.error_code - 1], error.message)
