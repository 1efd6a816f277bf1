"""An HTTP server: uvicorn on a socket that is bound already, until SIGINT or SIGTERM."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS: Final = 75
"""Seconds that a connection may be idle: longer than in clients, so that none sends on a connection being closed."""

SHUTDOWN_SECONDS: Final = 10
"""Seconds that running requests may take once the server is stopping."""


def run(app: ASGIApp, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serve `app` on the bound socket `listener` until SIGINT or SIGTERM. `on_ready` receives the URL."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn's default lets any local client claim any address
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    listener.listen(config.backlog)
    on_ready(f"http://{address(*listener.getsockname()[:2])}")
    with _signals_as_normal_exit():
        uvicorn.Server(config).run(sockets=[listener])


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
