"""The gateway's process: models that run in it, the ASGI application, and uvicorn."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from vitrine.frozen_imports import frozen_imports
from vitrine.gateway.factory import build_gateway
from vitrine.gateway.http.app import create_api, with_middleware
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, InProcess, LimitSettings
from vitrine.http_server.limits import ConnectionLimits
from vitrine.http_server.uvicorn_server import run
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.monitoring import PATH as METRICS_PATH
from vitrine.serving.server import check_directory

MODEL_API: Final = "/v1/"
BODY_GRACE_SECONDS: Final = 5
"""Seconds after the time limit of a request after which a connection whose body is not complete is closed."""


def serve_gateway(settings: GatewaySettings, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serve on `listener` until SIGINT or SIGTERM. Models load in the background; `/ready` reports when they are.

    Args:
        settings: The gateway's settings.
        listener: A listening socket, from `vitrine.http_server.listening.listen`.
        on_ready: Called with the URL once requests are accepted.

    Raises:
        ServeError: A catalogue's model runs in this process, and its directory holds none.
        ConfigError: The settings name a file or an environment variable that does not exist.
    """
    with local_servables(settings) as servables:
        app = gateway_app(settings, servables)
        run(app, listener, on_ready, connection_limits(settings.limits))


def connection_limits(limits: LimitSettings) -> ConnectionLimits:
    """Return the limits of connections; admission control answers a body that is late before they do."""
    body_seconds = limits.seconds + BODY_GRACE_SECONDS
    return ConnectionLimits(limits.connections, head_seconds=limits.head_seconds, body_seconds=body_seconds)


def gateway_app(settings: GatewaySettings, servables: Mapping[str, ServableManager]) -> ASGIApp:
    """Return the gateway's ASGI application; `servables` by catalogue, where the model runs in this process."""
    gateway = build_gateway(settings, servables)
    return with_middleware(create_api(gateway, settings.page), gateway, os.environ)


@contextmanager
def local_servables(settings: GatewaySettings) -> Iterator[dict[str, ServableManager]]:
    """Load the servables of each catalogue in this process, and follow new versions until the block ends.

    Catalogues that have the same serving directory share its models.
    """
    directories = {
        name: catalogue.serving
        for name, catalogue in settings.catalogues.items()
        if isinstance(catalogue.backend, InProcess)
    }
    for directory in directories.values():
        check_directory(directory)
    if directories:
        with frozen_imports():
            import tensorflow_text  # noqa: F401  Imports TensorFlow, too.
    by_directory: dict[Path, ServableManager] = {
        directory: ServableManager(directory) for directory in set(directories.values())
    }
    for servables in by_directory.values():
        servables.start(settings.poll_seconds)
    try:
        yield {name: by_directory[directory] for name, directory in directories.items()}
    finally:
        for servables in by_directory.values():
            servables.close()


def gateway_mount(serving: Path, name: str) -> Callable[[ASGIApp, ServableManager], ASGIApp]:
    """Return a function that adds a gateway with default settings to a model server's REST application.

    Args:
        serving: The serving directory, which contains `index/`.
        name: The name of the catalogue.
    """
    settings = GatewaySettings(catalogues={name: CatalogueSettings(serving=serving)})

    def mount(model_server: ASGIApp, servables: ServableManager) -> ASGIApp:
        return ModelApiRouter(model_server, gateway_app(settings, {name: servables}))

    return mount


class ModelApiRouter:
    """A router between a model server and a gateway at one address.

    `/v1/…` and the model server's metrics go to the model server, everything else to the gateway.
    """

    def __init__(self, model_server: ASGIApp, gateway: ASGIApp) -> None:
        self._model_server = model_server
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_model_api = path.lower().startswith(MODEL_API) or path == METRICS_PATH
        await (self._model_server if is_model_api else self._gateway)(scope, receive, send)
