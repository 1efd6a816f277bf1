"""The addresses that a download may connect to, so that a catalogue cannot make Vitrine call internal machines."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
"""This machine and private networks. Link-local ones are left out: clouds serve credentials there."""

GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
NAT64: Final = IPv6Network("64:ff9b::/96")
NEVER: Final[tuple[Network, ...]] = (IPv4Network("192.0.0.0/24"), IPv6Network("fd00:ec2::/32"))
"""Other networks where clouds serve credentials; the standard library takes parts of the first for public."""


@dataclass(frozen=True)
class AddressPolicy:
    """A policy that permits public addresses and those in the networks `allowed`."""

    allowed: tuple[Network, ...] = ()

    def permits(self, address: Address) -> bool:
        """Return whether a download may connect to `address`. An IPv4 address inside an IPv6 one is judged instead."""
        target = _embedded_ipv4(address)
        if any(target in network for network in NEVER):
            return False
        return any(target in network for network in self.allowed) or _is_public(target)


PUBLIC: Final = AddressPolicy()
WITH_PRIVATE: Final = AddressPolicy(PRIVATE)


def _embedded_ipv4(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    # The standard library calls unassigned addresses "global".
    return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
