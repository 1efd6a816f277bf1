"""Rate limiting per host."""

import asyncio
import time


class Pace:
    """A rate limiter: `per_second` requests a second and host, and none before the end of a host's pause."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._free: dict[str, float] = {}

    async def turn(self, host: str) -> None:
        """Wait until the next request to `host` may start."""
        now = time.monotonic()
        start = max(now, self._free.get(host, now))
        self._free[host] = start + self._interval
        await asyncio.sleep(start - now)

    def pause(self, host: str, seconds: float) -> None:
        """Start no request to `host` for `seconds`."""
        self._free[host] = max(self._free.get(host, 0.0), time.monotonic() + seconds)
