from ipaddress import ip_address, ip_network

import pytest

from vitrine.data.download.images.address_policy import PUBLIC, WITH_PRIVATE, AddressPolicy

PRIVATE = ["127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "::1", "fd12:3456::1"]
NEVER = [
    "0.0.0.0", "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "2001::1", "fd00:ec2::254",
    "4000::1", "::10.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_permitted(address: str) -> None:
    assert PUBLIC.permits(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_permitted_on_request_only(address: str) -> None:
    assert not PUBLIC.permits(ip_address(address))
    assert WITH_PRIVATE.permits(ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_addresses_that_are_no_web_servers_are_never_permitted(address: str) -> None:
    assert not PUBLIC.permits(ip_address(address))
    assert not WITH_PRIVATE.permits(ip_address(address))


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::", "2002:"])
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(prefix: str) -> None:
    def dressed(address: str) -> str:
        if prefix != "2002:":
            return prefix + address
        high, low = divmod(int(ip_address(address)), 1 << 16)
        return f"2002:{high:x}:{low:x}::1"

    assert PUBLIC.permits(ip_address(dressed("1.1.1.1")))
    assert not PUBLIC.permits(ip_address(dressed("10.0.0.1")))
    assert WITH_PRIVATE.permits(ip_address(dressed("10.0.0.1")))
    assert not WITH_PRIVATE.permits(ip_address(dressed("169.254.169.254")))


def test_a_policy_can_permit_a_single_private_address() -> None:
    policy = AddressPolicy((ip_network("10.0.0.7/32"),))
    assert policy.permits(ip_address("10.0.0.7"))
    assert not policy.permits(ip_address("10.0.0.8"))
    assert not policy.permits(ip_address("127.0.0.1"))
