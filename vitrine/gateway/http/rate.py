"""How often a client may ask, in this process."""

import ipaddress
from typing import Final

from throttled import MemoryStore, Throttled

CLIENTS: Final = 100_000
"""Clients that are counted at a time; where there are more the one that was counted longest ago is forgotten."""


def client_rate(rate: str, clients: int = CLIENTS) -> Throttled:
    """So many requests by each client, at once or spread, and as many again over each following unit of time.

    The generic cell rate algorithm: a number a client, and an exact time of the next request that is let in.

    Args:
        rate: As in the settings: `600/minute`.
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
