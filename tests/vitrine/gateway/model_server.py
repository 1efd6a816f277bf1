"""Vitrine's model server over the shop, and the backends that call it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.in_thread import in_thread
from vitrine.gateway.backends.backend import Backend
from vitrine.gateway.settings import Grpc, Remote, Rest


@contextmanager
def serving_rest(servables: Any, port: int = 0) -> Iterator[str]:
    """The REST API of `servables`; its URL."""
    from vitrine.serving.api.rest import create_app

    with in_thread(create_app(servables), port, timeout_graceful_shutdown=1) as chosen:
        yield f"http://127.0.0.1:{chosen}"


@contextmanager
def serving_grpc(servables: Any, port: int = 0) -> Iterator[str]:
    """The gRPC API of `servables`; its `host:port`."""
    from vitrine.serving.api.grpc import start_grpc
    from vitrine.serving.api.rest import Limits

    server, port = start_grpc(servables, "127.0.0.1", port, Limits())
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()


def remote(settings: Remote) -> Backend:
    """The backend that the gateway makes of these settings."""
    from vitrine.gateway.factory import build_backend
    from vitrine.gateway.settings import CatalogueSettings

    assert isinstance(settings, Grpc | Rest)
    return build_backend(CatalogueSettings(serving=Path(), backend=settings), None)


def call_backend(backend: Callable[[], Backend], ask: Callable[[Backend], Awaitable[Any]]) -> Any:
    """Return the result of `ask`, which runs in a new event loop with a backend that is closed afterwards."""
    import asyncio

    async def run() -> Any:
        opened = backend()
        try:
            return await ask(opened)
        finally:
            await opened.close()

    return asyncio.run(run())
