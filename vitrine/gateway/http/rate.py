"""The request rate of clients, counted in this process."""

import ipaddress
from typing import Final

from throttled import MemoryStore, Throttled

CLIENTS: Final = 100_000
"""Clients that are counted at a time; beyond that, the one that was counted longest ago is forgotten."""


def client_rate(rate: str, clients: int = CLIENTS) -> Throttled:
    """Return a limiter of each client's requests: a burst of `rate`, refilled evenly over its unit of time.

    The generic cell rate algorithm keeps one number for each client, and knows when its next request is admitted.

    Args:
        rate: As in the settings, such as `600/minute`.
        clients: See `CLIENTS`.
    """
    return Throttled(using="gcra", quota=rate, store=MemoryStore(options={"MAX_SIZE": clients}))


def network_of(address: str) -> str:
    """Return the network that identifies a client by its address: the /64 of an IPv6 address, which one client has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return str(parsed.ipv4_mapped or ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
