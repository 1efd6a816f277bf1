"""The request rate of clients, counted in this process."""

import ipaddress
from typing import Final

from throttled import MemoryStore, Throttled

CLIENTS: Final = 100_000
"""Clients that are counted at a time; of more, the one that asked longest ago is forgotten."""


def client_rate(rate: str, clients: int = CLIENTS) -> Throttled:
    """Create a limiter by client: `rate` requests at once, and then as many per unit of time.

    It uses the generic cell rate algorithm, which keeps one number per client and knows the time of the next request.

    Args:
        rate: As in the settings, such as `600/minute`.
        clients: See `CLIENTS`.
    """
    return Throttled(using="gcra", quota=rate, store=MemoryStore(options={"MAX_SIZE": clients}))


def network_of(address: str) -> str:
    """Whom an address belongs to, for counting: of version 6 everyone has 2⁶⁴ of them."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
