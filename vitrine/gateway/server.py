"""The gateway's process: its models, its application, and uvicorn around it."""

import gc
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from vitrine.gateway.factory import build_gateway
from vitrine.gateway.http.app import create_api, guarded
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, InProcess
from vitrine.http_server.uvicorn_server import run
from vitrine.serving.lifecycle.manager import ServableManager
from vitrine.serving.monitoring import PATH as METRICS_PATH
from vitrine.serving.server import check_directory

MODEL_API: Final = "/v1/"


def serve_gateway(settings: GatewaySettings, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Answer on `listener` until SIGINT or SIGTERM. Models are loaded meanwhile; `/ready` says when they are.

    Args:
        settings: All of it.
        listener: What `vitrine.serving.server.listen` gave.
        on_ready: Is given the URL once requests are accepted.

    Raises:
        ServeError: A catalogue's model should be computed here, and its directory holds none.
        ConfigError: The settings name a file or an environment variable that is not there.
    """
    with loading(settings) as servables:
        app = gateway_app(settings, servables)
        run(app, listener, on_ready)


def gateway_app(settings: GatewaySettings, servables: Mapping[str, ServableManager]) -> ASGIApp:
    """The guarded application over `settings.catalogues`; `servables` by catalogue, where they are in this process."""
    gateway = build_gateway(settings, servables)
    return guarded(create_api(gateway, settings.page), gateway, os.environ)


@contextmanager
def loading(settings: GatewaySettings) -> Iterator[dict[str, ServableManager]]:
    """The servables of each catalogue in this process, loaded and followed in the background until the block ends.

    Catalogues of one directory share its models.
    """
    directories = {name: one.serving for name, one in settings.catalogues.items() if isinstance(one.backend, InProcess)}
    for directory in directories.values():
        check_directory(directory)
    if directories:
        import tensorflow_text  # noqa: F401  Imports TensorFlow, too.

        gc.collect()
        gc.freeze()
    by_directory: dict[Path, ServableManager] = {one: ServableManager(one) for one in set(directories.values())}
    for one in by_directory.values():
        one.start(settings.poll_seconds)
    try:
        yield {name: by_directory[directory] for name, directory in directories.items()}
    finally:
        for one in by_directory.values():
            one.close()


def beside(serving: Path, name: str) -> Callable[[ASGIApp, ServableManager], ASGIApp]:
    """What puts a gateway with defaults over a serving directory beside the REST application of its models.

    Args:
        serving: The directory, with an `index/` in it.
        name: What to call the catalogue.
    """
    settings = GatewaySettings(catalogues={name: CatalogueSettings(serving=serving)})

    def around(model_server: ASGIApp, servables: ServableManager) -> ASGIApp:
        return Switch(model_server, gateway_app(settings, {name: servables}))

    return around


class Switch:
    """TensorFlow Serving's API and the gateway at one address: `/v1/…` and its metrics are the model server's."""

    def __init__(self, model_server: ASGIApp, gateway: ASGIApp) -> None:
        self._model_server = model_server
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_model_api = path.lower().startswith(MODEL_API) or path == METRICS_PATH
        await (self._model_server if is_model_api else self._gateway)(scope, receive, send)
