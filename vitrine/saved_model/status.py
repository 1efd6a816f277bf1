"""Errors of calls to a model: TensorFlow's canonical codes, and the HTTP status of each in TF Serving's REST API."""

from typing import Any, Final, Literal

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
"""The status TF Serving's HTTP server answers for each code."""

_CODES: Final[tuple[Code, ...]] = tuple(HTTP_STATUS)
"""In the order of `google.rpc.Code`, which numbers them from 1."""


class ApiError(Exception):
    """A call of a model, or the loading of one, that failed for a reason the caller is told."""

    def __init__(self, code: Code, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or HTTP_STATUS[code]


def invalid(message: str) -> ApiError:
    """Return the commonest error: INVALID_ARGUMENT, which is HTTP's 400."""
    return ApiError("INVALID_ARGUMENT", message)


def from_tensorflow(error: Any) -> ApiError:
    """Return the code and message of a `tf.errors.OpError` that a session raised."""
    return ApiError(_CODES[error.error_code - 1], error.message)
