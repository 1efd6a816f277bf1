"""Around every request: an id, a place in the queue, limits, a log line, headers. Plain ASGI, for its low cost."""

import asyncio
import hmac
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.gateway.http_errors import problem
from vitrine.gateway.logs import FIELDS
from vitrine.gateway.metrics import GatewayMetrics
from vitrine.gateway.settings import LimitSettings

REQUEST_ID: Final = "x-request-id"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
_OPEN: Final = frozenset({"/health", "/ready", "/metrics", "/openapi.json"})
"""Paths that need no key and have no rate: what watches the process asks them."""
_UPLOADS: Final = "image"
"""What the last part of a path that takes a picture ends in."""

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

_log = logging.getLogger("vitrine.gateway.access")


class Guard:
    """Lets requests in, watches over them, and tells of each in one line of JSON."""

    def __init__(
        self,
        app: ASGIApp,
        limits: LimitSettings,
        metrics: GatewayMetrics,
        keys: frozenset[str] = frozenset(),
        trust_proxy: bool = False,
        is_open: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`keys` are the API keys, none for everyone; `is_open` says which paths are the page's."""
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._keys = [key.encode() for key in keys]
        self._trust_proxy = trust_proxy
        self._is_open = is_open
        self._rate: RateLimitItem = parse(limits.rate)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(REQUEST_ID, "")
        scope["request_id"] = given if _ID.fullmatch(given) else uuid.uuid4().hex
        scope["started"] = time.perf_counter()
        status = 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered[REQUEST_ID] = scope["request_id"]
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
            await send(message)

        self._under_way += 1
        self._metrics.under_way.set(self._under_way)
        try:
            await self._let_in(scope, receive, tell, headers)
        except Exception:
            fields = {"request_id": scope["request_id"]}
            _log.exception("%s %s failed", scope["method"], scope["path"], extra={FIELDS: fields})
            if status == 0:
                message = "internal error; the server's log has the details under this request's id"
                await problem(Request(scope), 500, message)(scope, receive, tell)
        finally:
            self._under_way -= 1
            self._metrics.under_way.set(self._under_way)
            self._tell(scope, status)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        refusal = await self._refusal(scope, headers)
        if refusal:
            status, reason, message = refusal
            self._metrics.refused(reason)
            response = problem(Request(scope), status, message)
            if status in (429, 503):
                response.headers["retry-after"] = "1" if status == 503 else str(self._rate.get_expiry())
            if status == 401:
                response.headers["www-authenticate"] = "Bearer"
            await response(scope, receive, send)
            return
        limit = self._body_limit(scope["path"])
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._app(scope, _bounded(receive, limit), noting)
        except TimeoutError:
            if started:
                raise
            message = f"the answer took longer than {self._limits.seconds:g} seconds"
            await problem(Request(scope), 504, message)(scope, receive, send)

    async def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """Status, reason and message for a request that is not let in."""
        path = scope["path"]
        if path in _OPEN or (scope["method"] in ("GET", "HEAD") and self._is_open(path)):
            return None
        if self._under_way > self._limits.concurrent:
            return 503, "busy", "too many requests are under way; try again in a moment"
        if scope["method"] == "OPTIONS":
            return None
        key = headers.get("x-api-key", "") or headers.get("authorization", "").removeprefix("Bearer ")
        if self._keys and not any(hmac.compare_digest(key.encode(), one) for one in self._keys):
            return 401, "key", "an API key is needed, in the header X-API-Key"
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._body_limit(path):
            return 413, "size", _too_large(self._body_limit(path))
        client = key if self._keys else self._address(scope, headers)
        if not await self._limiter.hit(self._rate, client):
            return 429, "rate", f"more than {self._limits.rate.replace('/', ' requests a ')}; try again later"
        return None

    def _body_limit(self, path: str) -> int:
        uploads = path.rstrip("/").endswith(_UPLOADS)
        return self._limits.body_bytes if uploads else max(self._limits.body_bytes // 10, 2**16)

    def _address(self, scope: Scope, headers: Headers) -> str:
        if self._trust_proxy and headers.get("x-forwarded-for"):
            return headers["x-forwarded-for"].rsplit(",", 1)[-1].strip()
        return str((scope.get("client") or ("",))[0])

    def _tell(self, scope: Scope, status: int) -> None:
        seconds = time.perf_counter() - scope["started"]
        route: Any = scope.get("route")
        pattern = getattr(route, "path", "unknown")
        self._metrics.request(pattern, status, seconds)
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "request_id": scope["request_id"],
                "method": scope["method"],
                "route": pattern,
                "status": status,
                "ms": round(seconds * 1000, 2),
            }
            _log.info("%s %s", scope["method"], pattern, extra={FIELDS: fields})


def _bounded(receive: Receive, limit: int) -> Receive:
    """`receive`, which raises once the body has more than `limit` bytes."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return bounded


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit:,} bytes allowed"
