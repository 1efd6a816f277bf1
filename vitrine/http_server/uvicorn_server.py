"""uvicorn around an application: bind first, then answer until told to stop."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection may lie idle: longer than clients keep theirs, so that none sends into one that is closing."""

SHUTDOWN_SECONDS: Final = 10
"""How long requests under way may take once the server is told to stop."""


def run(app: ASGIApp, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Answer on `listener`, which is bound, until SIGINT or SIGTERM. `on_ready` is given the URL."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # by default anyone on this machine may claim any address
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    listener.listen(config.backlog)
    on_ready(f"http://{address(*listener.getsockname()[:2])}")
    with _stopping_quietly():
        uvicorn.Server(config).run(sockets=[listener])


def address(host: str, port: int) -> str:
    """`host:port`, as it stands in a URL."""
    return f"{f'[{host}]' if ':' in host else host}:{port}"


@contextmanager
def _stopping_quietly() -> Iterator[None]:
    """Make being told to stop an ordinary end: uvicorn raises the signal it stopped for once more when it is done."""
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
