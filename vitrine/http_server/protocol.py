"""HTTP/1.1 of a server that clients cannot exhaust: uvicorn's protocol with bounds on heads, waiting and connections.

uvicorn bounds neither the time nor the size of a request's head (Kludex/uvicorn#157), drops the body of a request with
`Upgrade: h2c`, which Java's client sends by default (Kludex/uvicorn#2722), and merges trailers into the headers.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vitrine.http_server.limits import ConnectionLimits

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

HEAD_BYTES: Final = 2**16
"""Bytes of a request's line and headers, of its trailers, and of what a chunked body has between two chunks."""
PIPELINED: Final = 100
"""Requests of one connection that wait for the responses to earlier ones."""
HTTP_1_1_REQUIRED: Final = bytes.fromhex("000000040000000000000008070000000000000000000000000d")
"""HTTP/2's frames SETTINGS, empty, and GOAWAY with the error HTTP_1_1_REQUIRED (RFC 9113, sections 6.5, 6.8 and 7)."""

Awaited = Literal["head", "idle", "body"]
"""The part of a request that the client has to send next; `idle` between two requests."""
_ORDER: Final[dict[Awaited, int]] = {"head": 0, "idle": 1, "body": 2}
"""The order in which connections are given up for new ones."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        awaited: What the client has to send next; None while it waits for the server.
        since: The event loop's time at which that began.
        stalled: The event loop's time since which the client has taken nothing of a response; None if it has not to.
    """

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, object],
        _loop: "asyncio.AbstractEventLoop | None" = None,
        *,
        limits: ConnectionLimits,
        most: int,
    ) -> None:
        """Create the protocol of a connection for uvicorn; `most` is the bound on open connections."""
        super().__init__(config, server_state, app_state, _loop)
        self.limits = limits
        self.awaited: Awaited | None = "head"
        self.since = self.loop.time()
        self.stalled: float | None = None
        self._most = most
        self._begun = False  # the client has sent a byte of a head
        self._unframed = 0  # bytes since the last part of a body, or the end of a head
        self._head_bytes = 0
        self._upgrade = False
        self._refusal: tuple[int, str] | None = None
        self._late_since: float | None = None

    def connection_made(self, transport: "asyncio.Transport") -> None:  # type: ignore[override]
        """Accept the connection; beyond the bound, give up the one that has kept the server waiting the longest."""
        super().connection_made(transport)
        if len(self.connections) <= self._most:
            return
        ours = (other for other in self.connections if isinstance(other, BoundedProtocol) and other is not self)
        waiting = [other for other in ours if other.awaited or other.transport.is_closing()]
        if waiting:
            late = min(waiting, key=BoundedProtocol._order)
            self.connections.discard(late)
            late.transport.abort()
        else:
            self.refuse(503, "too many connections are open; try again in a moment")

    def _order(self) -> tuple[int, float]:
        """Return the place of the connection among those that may be given up for new ones."""
        return 0 if self.transport.is_closing() or not self.awaited else _ORDER[self.awaited], self.since

    def data_received(self, data: bytes) -> None:
        """Parse what the client has sent."""
        self._unset_keepalive_if_required()
        self._unframed += len(data)
        try:
            while True:
                try:
                    self.parser.feed_data(data)
                    break
                except httptools.HttpParserUpgrade as upgrade:
                    data = self._head_without_upgrade() + data[upgrade.args[0] :]
        except httptools.HttpParserError:
            if self.parser.get_method() == b"PRI":
                self.transport.write(HTTP_1_1_REQUIRED)
                self.transport.close()
            else:
                self.refuse(*(self._refusal or (400, "the request is not valid HTTP/1.1")))
            return
        if self._unframed > HEAD_BYTES:
            self.refuse(431, f"the head of the request is larger than {HEAD_BYTES:,} bytes")

    def _head_without_upgrade(self) -> bytes:
        """Return the head of a request that offers to upgrade, without the offer, for a new parser.

        The parser takes what follows such a head for another protocol's. Servers ignore upgrades that they do not have
        (RFC 9110, section 7.8).
        """
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            self._refusal = 405, "CONNECT is for proxies"
            raise httptools.HttpParserError
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        """Begin the head of a request."""
        super().on_message_begin()
        self._begun, self._head_bytes, self._upgrade = True, 0, False
        if self.awaited != "head":
            self.awaited, self.since = "head", self.loop.time()

    def on_url(self, url: bytes) -> None:
        """Add to the request's target."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; a trailer is left out, since it comes after the headers have been checked."""
        self._count(len(name) + len(value) + 4)
        if self.awaited == "head":
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the application, unless the head is to be parsed again without its `Upgrade`."""
        self._unframed = 0
        self._upgrade = self.parser.should_upgrade()
        if self._upgrade:
            return
        if len(self.pipeline) >= PIPELINED:
            self._fail(503, f"more than {PIPELINED} requests are waiting on this connection")
        self.awaited, self.since = "body", self.loop.time()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body."""
        self._unframed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request's body."""
        if self._upgrade:
            return
        self._unframed = 0
        self._begun = False
        complete = self.cycle.response_complete and not self.pipeline
        self.awaited, self.since = "idle" if complete else None, self.loop.time()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self.awaited is None and self.cycle.response_complete:
            self.awaited, self.since = "idle", self.loop.time()

    def pause_writing(self) -> None:
        """Note that the client does not take what is sent."""
        super().pause_writing()
        self.stalled = self.loop.time()

    def resume_writing(self) -> None:
        """Note that the client has taken what was sent."""
        super().resume_writing()
        self.stalled = None

    def close_if_late(self) -> None:
        """Close the connection if the client has exceeded a limit of time."""
        now, limits = self.loop.time(), self.limits
        if self.transport.is_closing() and self.stalled is None:
            self.stalled = now  # what was written before the connection was closed is still to be taken
        if self.stalled is not None and now - self.stalled > limits.stall_seconds:
            self.transport.abort()
        elif self.awaited and not self.transport.is_closing():
            seconds = {"head": limits.head_seconds, "body": limits.body_seconds, "idle": limits.idle_seconds}
            limit = seconds[self.awaited]
            if now - self.since <= limit:
                return
            if self._late_since != self.since:  # what a busy event loop has not read yet is read before the next time
                self._late_since = self.since
            elif self._begun:
                self.refuse(408, f"the {self.awaited} of the request took longer than {limit:g} seconds")
            else:
                self.transport.close()

    def refuse(self, status: int, error: str) -> None:
        """Answer with an error as JSON, unless that would be within or after a response, and close the connection."""
        cycle = self.cycle
        is_next = not cycle or not cycle.response_started or (cycle.response_complete and self.awaited != "body")
        if is_next and not self.pipeline:
            body = json.dumps({"error": error}).encode()
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not valid."""
        self.refuse(400, msg)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self._fail(431, f"the head of the request is larger than {HEAD_BYTES:,} bytes")

    def _fail(self, status: int, error: str) -> None:
        """Stop parsing, from a function that the parser calls."""
        self._refusal = status, error
        raise ValueError(error)
