"""An HTTP server: uvicorn on a socket that is bound already, until SIGINT or SIGTERM."""

from __future__ import annotations

import functools
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp

from vitrine.http_server.limits import DEFAULT_LIMITS, ConnectionLimits

if TYPE_CHECKING:
    import uvicorn

SHUTDOWN_SECONDS: Final = 10
"""Seconds that running requests may take once the server is stopping."""
TICKS: Final = 5
"""Ticks of uvicorn, 0.1 seconds each, from one search for late clients to the next."""


def run(
    app: ASGIApp,
    listener: socket.socket,
    on_ready: Callable[[str], None],
    limits: ConnectionLimits = DEFAULT_LIMITS,
) -> None:
    """Serve `app` on the bound socket `listener` until SIGINT or SIGTERM. `on_ready` receives the URL."""
    server = create_server(app, limits)
    listener.listen(server.config.backlog)
    on_ready(f"http://{address(*listener.getsockname()[:2])}")
    with _signals_as_normal_exit():
        server.run(sockets=[listener])


def create_server(app: ASGIApp, limits: ConnectionLimits = DEFAULT_LIMITS, **options: object) -> uvicorn.Server:
    """Return a server of `app` that holds to `limits`; `options` are uvicorn's, beside ours."""
    import uvicorn

    from vitrine.http_server.protocol import BoundedProtocol

    class Server(uvicorn.Server):
        """uvicorn, which looks for clients that are late."""

        async def on_tick(self, counter: int) -> bool:
            if counter % TICKS == 0:
                for connection in list(self.server_state.connections):
                    if isinstance(connection, BoundedProtocol):
                        connection.close_if_late()
            return await super().on_tick(counter)

    ours: dict[str, object] = {
        "http": functools.partial(BoundedProtocol, limits=limits, most=limits.most_connections()),
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # uvicorn's default lets any local client claim any address
        "timeout_keep_alive": limits.idle_seconds,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }
    return Server(uvicorn.Config(app, **ours | options))  # type: ignore[arg-type]


def address(host: str, port: int) -> str:
    """Format `host:port` as in a URL."""
    return f"{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _signals_as_normal_exit() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into a normal exit: uvicorn raises the signal it stopped for again once it is done."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
