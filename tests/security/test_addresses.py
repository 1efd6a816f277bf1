"""A name server that changes its mind cannot lead a download into a network."""

import asyncio
import socket
from typing import Any

import pytest

from tests.vitrine.data.download.conftest import web  # noqa: F401
from tests.vitrine.data.download.web import QUICK, Web, image_bytes
from vitrine.data.download.images.address_policy import PUBLIC
from vitrine.data.download.images.failure import ImageFailure
from vitrine.data.download.images.http_client import Fetcher

PUBLIC_ADDRESS = "192.88.98.1"
"""A public address without a server."""


class Resolver:
    """A name server with other answers each time; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port))
            for family, address in zip(families, addresses, strict=True)
        ]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that sockets were opened to. Those without a server are not waited for."""
    import httpcore

    addresses: list[str] = []
    connect = httpcore.AnyIOBackend.connect_tcp

    async def recorded(self: Any, host: str, port: int, *arguments: Any, **options: Any) -> Any:
        addresses.append(host)
        if host == PUBLIC_ADDRESS:
            raise httpcore.ConnectError("no server")
        return await connect(self, host, port, *arguments, **options)

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", recorded)
    return addresses


def failure(url: str) -> str:
    async def once() -> None:
        async with Fetcher(QUICK, PUBLIC) as fetcher:
            await fetcher.fetch(url)

    with pytest.raises(ImageFailure) as raised:
        asyncio.run(once())
    return str(raised.value)


PRIVATE = ["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "64:ff9b::7f00:1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_whose_address_changes_is_resolved_once_for_check_and_connection(
    web: Web,  # noqa: F811
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    web.put("/mug.png", image_bytes(1))
    resolver = Resolver([PUBLIC_ADDRESS], [address])
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    port = web.url.rpartition(":")[2]
    message = failure(f"http://rebound.example:{port}/mug.png")
    assert "which is not a public address" in message or "no server" in message
    assert set(opened) == {PUBLIC_ADDRESS}
    assert not web.requests


@pytest.mark.parametrize("address", PRIVATE)
def test_of_several_addresses_only_public_ones_are_tried(
    web: Web,  # noqa: F811
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
) -> None:
    web.put("/mug.png", image_bytes(1))
    monkeypatch.setattr(socket, "getaddrinfo", Resolver([address, PUBLIC_ADDRESS]))
    failure(f"http://several.example:{web.url.rpartition(':')[2]}/mug.png")
    assert set(opened) == {PUBLIC_ADDRESS}
    assert not web.requests


@pytest.mark.parametrize("host", ["0177.0.0.1", "0x7f000001", "127.1", "017700000001", "[::ffff:7f00:1]", "127.0.0.1."])
def test_other_spellings_of_this_machine_are_refused(web: Web, opened: list[str], host: str) -> None:  # noqa: F811
    web.put("/mug.png", image_bytes(1))
    failure(f"http://{host}:{web.url.rpartition(':')[2]}/mug.png")
    assert not opened
    assert not web.requests
