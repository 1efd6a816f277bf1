"""Errors as the gateway answers them: always JSON, never a trace."""

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from vitrine.data.images.decoding import UndecodableImage
from vitrine.gateway.http.logs import FIELDS
from vitrine.gateway.schemas import Problem
from vitrine.saved_model.status import ApiError

_log = logging.getLogger(__name__)

UNREADABLE: Final = 415
"""The status of a picture that cannot be read."""
BROKEN: Final = "internal error; the server's log has the details under this request's id"
FAULTS: Final = {
    502: "the model failed on this request; the server's log has the details",
    503: "the catalogue cannot be searched at the moment; /ready says why",
    504: "the model did not answer in time; try again",
}
"""What clients are told of faults that are not theirs; the log has the rest, which may name machines and files."""
DETAILS: Final = 20
LENGTH: Final = 300
"""How many things that were wrong are told, and characters of each: a request may be wrong in a million ways."""


def problem(request: Request, status: int, error: str, details: list[str] | None = None) -> JSONResponse:
    """The response of an error."""
    told = [_printable(one) for one in (details or [])[:DETAILS]]
    content = Problem(error=_printable(error), request_id=request.scope.get("request_id", ""), details=told)
    return JSONResponse(content.model_dump(), status)


def add_handlers(app: FastAPI) -> None:
    """Make `app` answer every error as a `Problem`."""

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [_describe(one) for one in error.errors()[:DETAILS]]
        return problem(request, 422, f"the request is not valid: {details[0]}", details)

    @app.exception_handler(UndecodableImage)
    async def unreadable(request: Request, error: UndecodableImage) -> JSONResponse:
        return problem(request, UNREADABLE, f"the picture cannot be read: {error}")

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
        return problem(request, 500, BROKEN)


def _describe(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"] if part != "body") or "body"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def _printable(text: str) -> str:
    """A text that JSON can hold, and not too long: parts of it may be the client's, half a surrogate pair included."""
    shown = text.encode(errors="replace").decode()
    return shown if len(shown) <= LENGTH else f"{shown[: LENGTH - 1]}…"
