"""Limits of a server's connections: how long a client may take, and how many clients may be connected."""

import resource
from dataclasses import dataclass
from typing import Final

KEEP_ALIVE_SECONDS: Final = 75
"""Seconds that a connection may be idle: longer than in clients, so that none sends on a connection being closed."""


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits of a server's connections.

    Attributes:
        connections: Open connections. Another one replaces the one that has kept the server waiting the longest; if
            all of them are being answered, it is refused with 503.
        head_seconds: Seconds from a connection, or from the first byte of a further request, to the end of the head.
        body_seconds: Seconds from the end of the head to the end of the body.
        stall_seconds: Seconds in which a client must take some of a response that is ready.
        idle_seconds: Seconds between two requests.
    """

    connections: int = 1000
    head_seconds: float = 10.0
    body_seconds: float = 60.0
    stall_seconds: float = 30.0
    idle_seconds: float = KEEP_ALIVE_SECONDS

    def most_connections(self) -> int:
        """Return the bound on connections: at most half of the files that the process may open."""
        return max(1, min(self.connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))


DEFAULT_LIMITS: Final = ConnectionLimits()
