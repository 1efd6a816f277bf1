"""Both servers over the shop, with short limits of connections, and clients that write their bytes themselves."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.in_thread import in_thread
from tests.vitrine.gateway.conftest import pushed, servables  # noqa: F401
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.http_server.limits import ConnectionLimits

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

LIMITS = ConnectionLimits(connections=40, head_seconds=1.0, body_seconds=1.5, stall_seconds=1.0, idle_seconds=2.0)
SEARCH = {
    "gateway": ("/predict", b'{"query": "red mug", "k": 1}'),
    "model server": ("/v1/models/product_search:predict", b'{"instances": ["red mug"]}'),
}
"""A request of each server: path and body."""


class Server:
    """A running server.

    Attributes:
        port: Its port on loopback.
        path: The path of a search by words.
        body: The body of that search.
    """

    def __init__(self, name: str, port: int) -> None:
        self.port = port
        self.path, self.body = SEARCH[name]

    def request(self, headers: str = "", body: bytes | None = None) -> bytes:
        """Return the bytes of a search with further headers, lines that end in CRLF."""
        body = self.body if body is None else body
        head = f"POST {self.path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    def is_answering(self) -> bool:
        """Return whether a search is answered with the right product."""
        response = httpx.post(
            f"http://127.0.0.1:{self.port}{self.path}",
            content=self.body,
            headers={"content-type": "application/json"},
            timeout=HANG_SECONDS,
        )
        return response.status_code == 200 and "red-mug" in response.text


def gateway_app(serving: Path, loaded: Any, **settings: Any) -> Any:
    """Return the gateway over a serving directory whose model is loaded."""
    from vitrine.gateway.server import gateway_app as build
    from vitrine.gateway.settings import GatewaySettings

    shop = {"catalogues": {"shop": {"serving": serving}}, "limits": {"rate": "100000/second"}}
    return build(GatewaySettings.model_validate(shop | settings), {"shop": loaded})


@contextmanager
def running_gateway(
    serving: Path, loaded: Any, connections: ConnectionLimits = LIMITS, **settings: Any
) -> Iterator[int]:
    """Run the gateway, and yield its port once it is ready."""
    with in_thread(gateway_app(serving, loaded, **settings), limits=connections) as port:
        url = f"http://127.0.0.1:{port}/ready"
        wait_until(lambda: httpx.get(url, timeout=HANG_SECONDS).status_code == 200)
        yield port


@pytest.fixture(scope="session", params=list(SEARCH))
def server(request: pytest.FixtureRequest, pushed: Path, servables: Any) -> Iterator[Server]:  # noqa: F811
    """Each of the two servers."""
    from vitrine.serving.api.rest import create_app

    name = request.param
    running = (
        running_gateway(pushed, servables) if name == "gateway" else in_thread(create_app(servables), limits=LIMITS)
    )
    with running as port:
        yield Server(name, port)


def connect(port: int) -> socket.socket:
    """Return a connection to a server on loopback."""
    return socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS)


def read_all(connection: socket.socket) -> bytes:
    """Return everything that the server sends until it closes the connection."""
    received = bytearray()
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionResetError:
        pass
    return bytes(received)


def exchange(port: int, *parts: bytes) -> bytes:
    """Send parts, with a pause after each, on a new connection, and return everything until the server closes it."""
    with connect(port) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(0.02)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer came before the end
        return read_all(connection)


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of the responses in what a server has sent."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
