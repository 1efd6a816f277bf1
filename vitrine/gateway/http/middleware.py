"""Around every request: an id, headers, a log line, and an answer whatever happens. Plain ASGI, for its low cost."""

import logging
import re
import time
import uuid
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.gateway.http.errors import BROKEN, problem
from vitrine.gateway.http.logs import ACCESS, FIELDS
from vitrine.gateway.monitoring import GatewayMetrics

REQUEST_ID: Final = "x-request-id"
PRODUCTS: Final = "/products/"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
GONE: Final = 499
"""What is logged for a client that left before it was answered, as web servers do; nobody ever receives it."""

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
_RAW: Final = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

_log = logging.getLogger(ACCESS)


class Watch:
    """Gives requests an id and answers their headers, and tells of each in one line."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        # Whoever runs the application leaves the body of an answer to HEAD out.
        scope = {**scope, "method": "GET" if method == "HEAD" else method, "path": _path(scope)}
        given = Headers(scope=scope).get(REQUEST_ID, "")
        scope["request_id"] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        scope["started"] = time.perf_counter()
        status, gone = 0, False

        async def hear() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or (message["type"] == "http.disconnect" and not status)
            return message

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = list(message.get("headers", ()))
                there = {name for name, _ in answered}
                answered += [(name, value) for name, value in _RAW if name not in there]
                answered.append((REQUEST_ID.encode(), scope["request_id"].encode()))
                message = {**message, "headers": answered}
            await send(message)

        try:
            await self._app(scope, hear, tell)
        except Exception:
            fields = {"request_id": scope["request_id"]}
            _log.exception("%s %s failed", method, _route(scope), extra={FIELDS: fields})
            if not status:
                await problem(Request(scope), 500, BROKEN)(scope, hear, tell)
        finally:
            self._tell(scope, method, GONE if gone else status)

    def _tell(self, scope: Scope, method: str, status: int) -> None:
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
    """A request's path: decoded, but for a product's, in which the slashes of an id must differ from its own."""
    path: str = scope["path"]
    raw: bytes = scope.get("raw_path") or b""
    return raw.decode("latin-1") if raw.startswith(PRODUCTS.encode()) else path


def _route(scope: Scope) -> str:
    """The pattern of a request's path, never the path: that is the client's to choose."""
    route: Any = scope.get("route")
    pattern: str = getattr(route, "path_format", "unknown")
    return pattern
