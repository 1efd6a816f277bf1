"""Turns at each host, so that no server is asked more than it can take."""

import asyncio
import time


class Pace:
    """At most `per_second` requests start at a host in a second, and none before the time the host asked for."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._free: dict[str, float] = {}

    async def turn(self, host: str) -> None:
        """Wait until the next request may start there."""
        now = time.monotonic()
        start = max(now, self._free.get(host, now))
        self._free[host] = start + self._interval
        await asyncio.sleep(start - now)

    def pause(self, host: str, seconds: float) -> None:
        """Let no further turn begin there for so long."""
        self._free[host] = max(self._free.get(host, 0.0), time.monotonic() + seconds)
