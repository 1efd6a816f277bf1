"""Who is let in, with how much, and for how long. Plain ASGI, for its low cost.

A key comes in a header or, from the page, as the token of one in a cookie that `POST /session` set: pictures and
beacons have no headers of ours. What changes something is safe with nothing but the cookie, for it is
`SameSite=Strict`: browsers send it with no request that another site has started. (Hosts below one domain are one
site.)
"""

import asyncio
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vitrine.gateway.http.errors import problem
from vitrine.gateway.http.rate import client_rate, network_of
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.settings import LimitSettings

OPEN: Final = frozenset({"/health", "/ready", "/metrics", "/openapi.json"})
"""Paths that need no key and have no rate: what watches the process asks them."""
KEY_COOKIE: Final = "vitrine_key"
LET_IN: Final = "let_in"
"""Where a request's scope has the token of the key with which it was let in."""
UPLOADS: Final = "image"
"""What the last part of a path that takes a picture ends in."""
SMALLEST_BODY: Final = 2**16
"""Bytes that JSON may always have."""
CLOSE: Final = {"connection": "close"}
"""With an answer to a body that is not read to its end: nothing but closing stops a client from sending."""


@dataclass(frozen=True)
class Refusal:
    """Why a request is not let in; `reason` is for the metrics, `message` for the client."""

    status: int
    reason: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


class Admission:
    """Answers what is too much, too often, too slow or by a stranger; the rest is passed on."""

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
        self._tokens = [token_of(key.encode()).encode() for key in keys]
        self._trust_proxy = trust_proxy
        self._is_open = is_open
        self._rate = client_rate(limits.rate)
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._trust_proxy and headers.get("x-forwarded-proto") in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"]
        refusal = self._refusal(scope, headers)
        if refusal:
            self._metrics.refused(refusal.reason)
            await _refuse(refusal, scope, receive, send)
            return
        self._count(1)
        try:
            await self._answer(scope, receive, send)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._under_way += change
        self._metrics.under_way.set(self._under_way)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        path = scope["path"]
        if path in OPEN or (scope["method"] == "GET" and self._is_open(path)):
            return None
        if self._under_way >= self._limits.concurrent:
            message = "too many requests are under way; try again in a moment"
            return Refusal(503, "busy", message, {"retry-after": "1"})
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > self._body_limit(path)):
            return Refusal(413, "size", _too_large(self._body_limit(path)), CLOSE)
        token = _token(headers)
        # Each is compared: how long it takes must not tell which one was met.
        known = sum(hmac.compare_digest(token.encode(), one) for one in self._tokens) > 0
        if known:
            scope[LET_IN] = token
        free = is_picture(scope) and (known or not self._tokens)
        client = f"key {token}" if known else f"address {self._address(scope, headers)}"
        asked = None if free else self._rate.limit(client)
        if asked and asked.limited:
            message = f"more than {self._limits.rate.replace('/', ' requests a ')}; try again later"
            return Refusal(429, "rate", message, {"retry-after": str(max(1, math.ceil(asked.state.retry_after)))})
        if self._tokens and not known:
            message = "an API key is needed, in the header X-API-Key"
            return Refusal(401, "key", message, {"www-authenticate": "Bearer"})
        return None

    def _body_limit(self, path: str) -> int:
        uploads = path.rstrip("/").endswith(UPLOADS)
        return self._limits.body_bytes if uploads else max(self._limits.body_bytes // 10, SMALLEST_BODY)

    def _address(self, scope: Scope, headers: Headers) -> str:
        forwarded = headers.getlist("x-forwarded-for") if self._trust_proxy else []
        if forwarded:  # the last one is the proxy's word; those before it are the client's
            return network_of(forwarded[-1].rsplit(",", 1)[-1].strip())
        return network_of(str((scope.get("client") or ("",))[0]))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; until the answer begins it has so many seconds, its body included."""
        body = _Body(receive, self._body_limit(scope["path"]))
        started = False
        try:
            async with asyncio.timeout(self._limits.seconds) as timeout:

                async def noting(message: Message) -> None:
                    nonlocal started
                    if not started and not timeout.expired():
                        timeout.reschedule(None)  # how long the client takes to read it is its own affair
                    started = True
                    await send(message)

                await self._app(scope, body.receive, noting)
        except TimeoutError:
            if started or not timeout.expired():
                raise
            seconds = f"{self._limits.seconds:g} seconds"
            if body.is_complete:
                late = Refusal(504, "late", f"the answer took longer than {seconds}")
            else:
                late = Refusal(408, "slow", f"the body took longer than {seconds}", CLOSE)
            self._metrics.refused(late.reason)
            await _refuse(late, scope, receive, send)


class _Body:
    """Receives a body of at most `limit` bytes.

    Raises:
        HTTPException: 413, for more.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self.is_complete = False
        self._receive, self._limit = receive, limit
        self._size = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise HTTPException(413, _too_large(self._limit), CLOSE)
        self.is_complete = self.is_complete or not message.get("more_body", False)
        return message


def is_picture(scope: Scope) -> bool:
    """Whether a product's picture is asked for: a page shows dozens at once, and each is only a file."""
    path = scope["path"]
    return scope["method"] == "GET" and path.startswith("/products/") and path.endswith("/image")


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem(Request(scope), refusal.status, refusal.message)
    response.headers.update(refusal.headers)
    await response(scope, receive, send)


def token_of(key: bytes) -> str:
    """What stands for a key in a cookie: letters and digits, of which nobody can make the key."""
    return hmac.digest(key, KEY_COOKIE.encode(), "sha256").hex()


def _token(headers: Headers) -> str:
    """The token of a request's API key, which a cookie says where no header has a key; empty where there is none."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = headers.get("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if given:
        return token_of(given.encode("latin-1"))
    return cookie_parser(headers.get("cookie", "")).get(KEY_COOKIE, "")


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit:,} bytes allowed"
