"""Error responses of the gateway: always JSON, never a stack trace."""

import logging
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from vitrine.data.images.decoding import FORMATS, TooLarge, UndecodableImage
from vitrine.gateway.http.logs import FIELDS
from vitrine.gateway.schemas.service import Problem
from vitrine.saved_model.status import ApiError

_log = logging.getLogger(__name__)

UNREADABLE: Final = 415
"""The status for an image that cannot be read."""
READABLE: Final = f"send a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} image, such as the same image saved as JPEG"
SMALLER: Final = "send a smaller copy of it"
INTERNAL_ERROR: Final = "internal error; the server's log has the details under this request's id"
FAULTS: Final = {
    502: "the model failed on this request; the server's log has the details",
    503: "the catalogue cannot be searched at the moment; /ready says why",
    504: "the model did not answer in time; try again",
}
"""The messages for errors that are not the client's. Details may name machines and files: they go to the log only."""
NOT_JSON: Final = frozenset({"missing", "model_attributes_type", "model_type", "dict_type"})
"""The errors of a body that was not read as JSON."""
MAX_DETAILS: Final = 20
MAX_LENGTH: Final = 300
"""Maximum number of details in a response, and characters of each: a request can contain a million errors."""


def problem(request: Request, status: int, error: str, details: list[str] | None = None) -> JSONResponse:
    """Return the response for an error."""
    shown = [_printable(detail) for detail in (details or [])[:MAX_DETAILS]]
    content = Problem(error=_printable(error), request_id=request.scope.get("request_id", ""), details=shown)
    return JSONResponse(content.model_dump(), status)


def add_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a `Problem`."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [_describe(detail) for detail in error.errors()[:MAX_DETAILS]]
        if expected := _expected_type(error):
            declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if declared != expected and not declared.endswith("+json"):
                said = f"has the content type {declared}" if declared else "has no Content-Type header"
                details.insert(0, f"the body {said}; send it as {expected}")
        return problem(request, 422, f"the request is not valid: {details[0]}", details)

    @app.exception_handler(UndecodableImage)
    async def unreadable(request: Request, error: UndecodableImage) -> JSONResponse:
        way_out = SMALLER if isinstance(error, TooLarge) else READABLE
        return problem(request, UNREADABLE, f"the image cannot be read: {error}; {way_out}")

    @app.exception_handler(ApiError)
    async def failed(request: Request, error: ApiError) -> JSONResponse:
        if error.status < 500:
            return problem(request, error.status, error.message)
        status = error.status if error.status in FAULTS else 502
        fields = {"request_id": request.scope.get("request_id", "")}
        _log.warning("%s: %s", error.code, error.message, extra={FIELDS: fields})
        response = problem(request, status, FAULTS[status])
        if status == 503:
            response.headers["retry-after"] = "1"
        return response

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        response = problem(request, error.status_code, str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def broken(request: Request, _: Exception) -> JSONResponse:
        return problem(request, 500, INTERNAL_ERROR)


def _expected_type(error: RequestValidationError) -> str | None:
    """Return the content type of which a body lacks everything that is required; None if the body was read."""
    for detail in error.errors()[:MAX_DETAILS]:
        if detail["loc"] == ("body",) and detail["type"] in NOT_JSON:
            return "application/json"
        if detail["loc"] == ("body", "file") and detail["type"] == "missing":
            return "multipart/form-data"
    return None


def _describe(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"] if part != "body") or "body"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _printable(text: str) -> str:
    """Return a text that JSON can encode, cut to `MAX_LENGTH`: clients may send half a surrogate pair in it."""
    shown = text.encode(errors="replace").decode()
    return shown if len(shown) <= MAX_LENGTH else f"{shown[: MAX_LENGTH - 1]}…"
