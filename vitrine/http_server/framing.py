"""Requests on a connection, where they begin and end: uvicorn's protocol with bounds on what is between bodies.

uvicorn does not bound the size of a request's head, drops the body of a request with `Upgrade: h2c`, which Java's
client sends by default (Kludex/uvicorn#2722), and merges trailers into the headers.
"""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class FramedProtocol(HttpToolsProtocol):
    """A connection on which heads, trailers and upgrades take nothing from what follows them.

    Attributes:
        awaited: What the client has to send next; None while it waits for the server.
        begun: Whether the client has sent a byte of a request that is not complete.
    """

    def __init__(
        self,
        config: "Config",
        server_state: "ServerState",
        app_state: dict[str, object],
        _loop: "asyncio.AbstractEventLoop | None" = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.awaited: Awaited | None = "head"
        self.begun = False
        self._unframed = 0  # bytes since the last part of a body, or the end of a head
        self._head_bytes = 0
        self._upgrade = False
        self._refusal: tuple[int, str] | None = None

    def wait_for(self, part: Awaited | None) -> None:
        """Note what the client has to send next."""
        self.awaited = part

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
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        """Begin the head of a request."""
        super().on_message_begin()
        self.begun, self._head_bytes, self._upgrade = True, 0, False
        if self.awaited != "head":
            self.wait_for("head")

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
        self.wait_for("body")
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
        self.begun = False
        self.wait_for("idle" if self.cycle.response_complete and not self.pipeline else None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if self.awaited is None and self.cycle.response_complete:
            self.wait_for("idle")

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
