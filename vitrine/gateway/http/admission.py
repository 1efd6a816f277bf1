"""Admission control: authentication, rate limits, size limits and time limits. Plain ASGI, for its low cost.

The API key of a request is in a header. The web page sends a token of the key instead, in a cookie that
`POST /session` sets, because browsers send no custom headers for images and beacons. The cookie alone also protects
requests that change state: it is `SameSite=Strict`, so browsers do not send it with requests that another site
starts. (Hosts below one domain are one site.)
"""

import asyncio
import hmac
import math
import re
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
"""Paths that need no key and have no rate limit: monitoring systems request them."""
KEY_COOKIE: Final = "vitrine_key"
ADMITTED: Final = "admitted"
"""The key of a request's scope that has the token of the API key with which the request was admitted."""
UPLOADS: Final = "image"
"""The end of a path that accepts an image."""
OFFERS: Final = "/offers"
"""The end of the path of changes of offers, which may be as large as an image."""
MERCHANDISING: Final = re.compile(r"/(insights|synonyms|rules(/.*)?)/*")
"""Paths of what customers search for, of changes of their queries, and of rules for them."""
SMALLEST_BODY: Final = 2**16
"""Bytes that a JSON body may always have."""
BODY_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})
"""Headers of requests with a body."""
CLOSE: Final = {"connection": "close"}
"""The headers of a response to a body that was not read to its end: only closing stops a client from sending."""


@dataclass(frozen=True)
class Refusal:
    """The response to a request that is not admitted; `reason` is for the metrics, `message` for the client."""

    status: int
    reason: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


class AdmissionControl:
    """Middleware that refuses requests without a valid key or beyond the limits, and passes on all others."""

    def __init__(
        self,
        app: ASGIApp,
        limits: LimitSettings,
        metrics: GatewayMetrics,
        keys: frozenset[str] = frozenset(),
        trust_proxy: bool = False,
        is_open: Callable[[str], bool] = lambda _: False,
        update_keys: frozenset[str] = frozenset(),
    ) -> None:
        """Create the middleware.

        Args:
            app: The application that admitted requests are passed to.
            limits: The limits.
            metrics: The metrics that count refusals.
            keys: The API keys; if there are none, no key is needed.
            trust_proxy: Whether to take the client's address and scheme from a proxy's headers.
            is_open: Returns True for the paths of the web page, which need no key.
            update_keys: The keys that may change offers, synonyms and rules, and see insights; they admit every other
                request as well.
        """
        self._app = app
        self._limits = limits
        self._metrics = metrics
        self._needs_key = bool(keys)
        self._tokens = _tokens(keys | update_keys)
        self._update_tokens = _tokens(update_keys)
        self._trust_proxy = trust_proxy
        self._is_open = is_open
        self._rate = client_rate(limits.rate)
        self._in_progress = 0
        self._receiving: dict[asyncio.Timeout, None] = {}  # those of requests whose body is not complete, oldest first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._trust_proxy and headers.get("x-forwarded-proto") in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"]
        refusal = self._refusal(scope, headers)
        if refusal:
            self._metrics.refusal(refusal.reason)
            await _refuse(refusal, scope, receive, send)
            return
        self._count_in_progress(1)
        try:
            await self._pass_on(scope, receive, send)
        finally:
            self._count_in_progress(-1)

    def _count_in_progress(self, change: int) -> None:
        self._in_progress += change
        self._metrics.under_way.set(self._in_progress)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        path = scope["path"]
        if path in OPEN or (scope["method"] == "GET" and self._is_open(path)):
            return None
        if self._in_progress >= self._limits.concurrent and not self._give_up_slowest():
            message = "too many requests are under way; try again in a moment"
            return Refusal(503, "busy", message, {"retry-after": "1"})
        length = headers.get("content-length", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > self._body_limit(path)):
            return Refusal(413, "size", _too_large(self._body_limit(path)), CLOSE)
        token = _token(headers)
        known = _is_among(token, self._tokens)
        if known:
            scope[ADMITTED] = token
        unlimited = is_product_image(scope) and (known or not self._needs_key)
        client = f"key {token}" if known else f"address {self._address(scope, headers)}"
        admitted = None if unlimited else self._rate.limit(client)
        if admitted and admitted.limited:
            message = f"more than {self._limits.rate.replace('/', ' requests a ')}; try again later"
            return Refusal(429, "rate", message, {"retry-after": str(max(1, math.ceil(admitted.state.retry_after)))})
        offers = scope["method"] == "POST" and path.rstrip("/").endswith(OFFERS)
        updates = offers or MERCHANDISING.fullmatch(path) is not None
        if (self._needs_key or (updates and self._update_tokens)) and not known:
            message = "an API key is needed, in the header X-API-Key"
            return Refusal(401, "key", message, {"www-authenticate": "Bearer"})
        if updates and not _is_among(token, self._update_tokens):
            subject = "change offers" if offers else "see insights, and change synonyms and rules"
            message = f"this key may not {subject}; security.update_keys_env names the keys that may"
            return Refusal(403, "key", message)
        return None

    def _give_up_slowest(self) -> bool:
        """End the request whose body has been on its way for the longest; return whether there is one."""
        slowest = next(iter(self._receiving), None)
        if slowest is None:
            return False
        del self._receiving[slowest]
        slowest.reschedule(asyncio.get_running_loop().time())
        return True

    def _body_limit(self, path: str) -> int:
        uploads = path.rstrip("/").endswith((UPLOADS, OFFERS))
        return self._limits.body_bytes if uploads else max(self._limits.body_bytes // 10, SMALLEST_BODY)

    def _address(self, scope: Scope, headers: Headers) -> str:
        forwarded = headers.getlist("x-forwarded-for") if self._trust_proxy else []
        if forwarded:  # the proxy adds the last entry; the client may have sent those before it
            return network_of(forwarded[-1].rsplit(",", 1)[-1].strip())
        return network_of(str((scope.get("client") or ("",))[0]))

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a time limit for receiving its body and for the start of its response."""
        started = False
        try:
            async with asyncio.timeout(self._limits.seconds) as timeout:
                body = _LimitedBody(
                    receive, self._body_limit(scope["path"]), lambda: self._receiving.pop(timeout, None)
                )
                if not BODY_HEADERS.isdisjoint(name for name, _ in scope["headers"]):
                    self._receiving[timeout] = None

                async def send_response(message: Message) -> None:
                    nonlocal started
                    if not started and not timeout.expired():
                        timeout.reschedule(None)  # the time limit does not include the client's reading
                    started = True
                    await send(message)

                await self._app(scope, body.receive, send_response)
        except TimeoutError:
            if started or not timeout.expired():
                raise
            seconds = f"{self._limits.seconds:g} seconds"
            if body.is_complete:
                late = Refusal(504, "late", f"the answer took longer than {seconds}")
            else:
                late = Refusal(408, "slow", f"the body took longer than {seconds}", CLOSE)
            self._metrics.refusal(late.reason)
            await _refuse(late, scope, receive, send)
        finally:
            self._receiving.pop(timeout, None)


class _LimitedBody:
    """A request body of at most `limit` bytes; `on_complete` is called at its end.

    Raises:
        HTTPException: 413, for more.
    """

    def __init__(self, receive: Receive, limit: int, on_complete: Callable[[], object]) -> None:
        self.is_complete = False
        self._on_complete = on_complete
        self._receive, self._limit = receive, limit
        self._size = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise HTTPException(413, _too_large(self._limit), CLOSE)
        if not self.is_complete and not message.get("more_body", False):
            self.is_complete = True
            self._on_complete()
        return message


def is_product_image(scope: Scope) -> bool:
    """Return whether a request is for the image of a product: a page shows dozens at once, and each is only a file."""
    path: str = scope["path"]
    return scope["method"] == "GET" and path.startswith("/products/") and path.endswith("/image")


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    response = problem(Request(scope), refusal.status, refusal.message)
    response.headers.update(refusal.headers)
    await response(scope, receive, send)


def key_token(key: bytes) -> str:
    """Return the token that replaces a key in a cookie: letters and digits from which the key cannot be computed."""
    return hmac.digest(key, KEY_COOKIE.encode(), "sha256").hex()


def _tokens(keys: frozenset[str]) -> list[bytes]:
    return [key_token(key.encode()).encode() for key in keys]


def _is_among(token: str, tokens: list[bytes]) -> bool:
    """Return whether a token is one of `tokens`. All are compared: the time must not reveal which one matched."""
    return sum(hmac.compare_digest(token.encode(), known) for known in tokens) > 0


def _token(headers: Headers) -> str:
    """Return the token of the API key in a request's headers, or else the token in its cookie, or else ""."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    key = headers.get("x-api-key") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if key:
        return key_token(key.encode("latin-1"))
    return cookie_parser(headers.get("cookie", "")).get(KEY_COOKIE, "")


def _too_large(limit: int) -> str:
    return f"the body is larger than the {limit:,} bytes allowed"
