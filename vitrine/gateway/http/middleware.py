"""Middleware around every request: its id, security headers, access log and metrics. Plain ASGI, for its low cost."""

import logging
import re
import time
import uuid
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.gateway.http.errors import INTERNAL_ERROR, problem
from vitrine.gateway.http.logs import ACCESS, FIELDS
from vitrine.gateway.monitoring import GatewayMetrics

REQUEST_ID: Final = "x-request-id"
PRODUCTS: Final = "/products/"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
CLIENT_CLOSED: Final = 499
"""The status that is logged if the client disconnects before the response, as web servers do; it is never sent."""

HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": (
        "default-src 'self'; img-src 'self' https: data: blob:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
_RAW_HEADERS: Final = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

_log = logging.getLogger(ACCESS)


class RequestMiddleware:
    """Middleware that gives each request an id and each response security headers, and logs and counts requests.

    An exception of the application is answered with 500.
    """

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        # The server leaves out the body of a response to HEAD.
        scope = {**scope, "method": "GET" if method == "HEAD" else method, "path": _path(scope)}
        request_id = Headers(scope=scope).get(REQUEST_ID, "")
        scope["search_id"] = uuid.uuid4().hex  # a client may send one X-Request-Id with all searches of a trace
        scope["request_id"] = request_id if _ID.fullmatch(request_id) else scope["search_id"]
        scope["started"] = time.perf_counter()
        status, disconnected = 0, False

        async def receive_message() -> Message:
            nonlocal disconnected
            message = await receive()
            disconnected = disconnected or (message["type"] == "http.disconnect" and not status)
            return message

        async def send_message(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                names = {name for name, _ in headers}
                headers += [(name, value) for name, value in _RAW_HEADERS if name not in names]
                headers.append((REQUEST_ID.encode(), scope["request_id"].encode()))
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive_message, send_message)
        except Exception:
            fields = {"request_id": scope["request_id"]}
            _log.exception("%s %s failed", method, _route(scope), extra={FIELDS: fields})
            if not status:
                await problem(Request(scope), 500, INTERNAL_ERROR)(scope, receive_message, send_message)
        finally:
            self._record(scope, method, CLIENT_CLOSED if disconnected else status)

    def _record(self, scope: Scope, method: str, status: int) -> None:
        seconds = time.perf_counter() - scope["started"]
        route = _route(scope)
        self._metrics.request(route, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "request_id": scope["request_id"],
                "method": method,
                "route": route,
                "status": status,
                "ms": round(seconds * 1000, 2),
            }
            _log.info("%s %s", method, route, extra={FIELDS: fields})


def _path(scope: Scope) -> str:
    """Return a request's path, decoded. A product's path stays encoded: an id's slashes differ from the path's."""
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    return raw.decode("latin-1") if raw.startswith(PRODUCTS.encode()) else path


def _route(scope: Scope) -> str:
    """Return the pattern of a request's path, never the path: clients can send any number of different paths."""
    route: object = scope.get("route")
    pattern: str = getattr(route, "path_format", "unknown")
    return pattern
