"""HTTP transport that connects to permitted addresses only, whatever a URL, a redirect or a name server says."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from ipaddress import ip_address
from typing import Final

import httpcore
import httpx

from vitrine.data.download.images.address_policy import Address, AddressPolicy
from vitrine.data.download.images.failure import REFUSED, ImageFailure

SCHEMES: Final = ("http", "https")
MAX_PORT: Final = 65535


class GuardedTransport(httpx.AsyncBaseTransport):
    """HTTP transport under an `AddressPolicy`, without proxies. Each redirect is a new request and is checked again.

    Raises ImageFailure for a refused request, and httpcore's exceptions for network errors.
    """

    def __init__(self, policy: AddressPolicy, connections: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_CheckedSockets(policy),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request if its URL and one of its host's addresses are permitted."""
        url = request.url
        if url.scheme not in SCHEMES:
            raise ImageFailure(REFUSED, f"{url.scheme or 'no'} scheme; only http and https are fetched")
        if not url.host:
            raise ImageFailure(REFUSED, "the URL names no host")
        if url.port is not None and url.port > MAX_PORT:
            raise ImageFailure(REFUSED, f"there is no port {url.port}")
        if url.userinfo:
            raise ImageFailure(REFUSED, "the URL holds a user name or password")
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        response = await self._pool.handle_async_request(
            httpcore.Request(request.method, target, headers=request.headers.raw, extensions=request.extensions)
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _CheckedSockets(httpcore.AsyncNetworkBackend):
    """A network backend that connects to the very addresses that were checked: a name is resolved once.

    The layer above knows the connection by the host's name, so certificates are checked against the name.
    """

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await _resolve(host, port, timeout)
        permitted = [address for address in addresses if self._policy.permits(address)]
        if not permitted:
            raise ImageFailure(REFUSED, f"{host} is at {addresses[0]}, which is not a public address")
        for address in permitted[:-1]:
            try:
                return await self._sockets.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(str(permitted[-1]), port, timeout, local_address, socket_options)


async def _resolve(host: str, port: int, seconds: float | None) -> list[Address]:
    try:
        async with asyncio.timeout(seconds):
            entries = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"no answer for the host name {host}") from error
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise httpcore.ConnectError(f"{host}: {reason}") from error
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
