"""The request rate of clients, counted in this process."""

import ipaddress
import time
from collections.abc import Callable
from typing import Final

from cachetools import TTLCache

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
CLIENTS: Final = 100_000
"""Clients that are counted at a time; where there are more the one that was counted longest ago is forgotten."""


class Rate:
    """A limit of requests per client in a fixed window, which begins with the client's first request.

    Not the storage of the `limits` package: that one looks through all clients on every request, which took over a
    millisecond with ten thousand of them, and anyone can be ten thousand clients.
    """

    def __init__(self, rate: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Create a limiter; `rate` is written as in the settings, such as `600/minute`."""
        count, unit = rate.split("/")
        self._count, self._seconds, self._clock = int(count), SECONDS[unit], clock
        self._windows: TTLCache[str, list[float]] = TTLCache(CLIENTS, self._seconds, timer=clock)

    def wait(self, client: str) -> float:
        """Count a request and return 0, or return the seconds until the client may send the next one."""
        window = self._windows.get(client)
        if window is None:
            window = self._windows[client] = [0.0, self._clock() + self._seconds]
        if window[0] >= self._count:
            return min(window[1] - self._clock(), self._seconds)
        window[0] += 1
        return 0.0


def network_of(address: str) -> str:
    """Return the network that identifies a client by its address: the /64 of an IPv6 address, which one client has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
