"""Connections that clients cannot exhaust: bounds on their number, and on the time that a client lets the server wait.

uvicorn has neither (Kludex/uvicorn#157).
"""

from typing import TYPE_CHECKING, Final

from vitrine.http_server.framing import Awaited, FramedProtocol
from vitrine.http_server.limits import ConnectionLimits

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

_ORDER: Final[dict[Awaited, int]] = {"head": 0, "idle": 1, "body": 2}
"""The order in which connections are given up for new ones."""


class BoundedProtocol(FramedProtocol):
    """A connection that is closed when its client is late, or when another one needs its place.

    Attributes:
        since: The event loop's time from which the client is waited for.
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
        self.since = self.loop.time()
        self.stalled: float | None = None
        self._limits = limits
        self._most = most
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

    def wait_for(self, part: Awaited | None) -> None:
        """Note what the client has to send next, and from when."""
        super().wait_for(part)
        self.since = self.loop.time()

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
        now, limits = self.loop.time(), self._limits
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
            elif self.begun:
                self.refuse(408, f"the {self.awaited} of the request took longer than {limit:g} seconds")
            else:
                self.transport.close()
