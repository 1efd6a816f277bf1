"""The model server's process: loads the models, serves REST and gRPC, and closes everything when stopped."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from vitrine.errors import ServeError
from vitrine.frozen_imports import frozen_imports
from vitrine.http_server.limits import DEFAULT_LIMITS, ConnectionLimits
from vitrine.http_server.uvicorn_server import SHUTDOWN_SECONDS, address, run
from vitrine.saved_model.status import ApiError
from vitrine.serving.api.rest import Limits, create_app
from vitrine.serving.batching.parameters import BatchingParameters
from vitrine.serving.config.model_config import model_configs, parse_config
from vitrine.serving.config.text_proto import read_text
from vitrine.serving.lifecycle.config_reload import ConfigFile
from vitrine.serving.lifecycle.discovery import find_models
from vitrine.serving.lifecycle.manager import ServableManager


@dataclass(frozen=True)
class ServerSettings:
    """Settings of the model server.

    Attributes:
        serving: The serving directory, `DIR/<model>/<version>/saved_model.pb`, or None where `config_file` is given.
        config_file: A `ModelServerConfig` in text format.
        poll_seconds: Seconds between two searches for new versions.
        config_poll_seconds: Seconds between two checks of `config_file` for changes; 0 for none.
        label_unavailable: Whether a new label may point to a version that does not serve yet.
        batching: Parameters of batching; None to compute each request by itself.
        timeout_seconds: Seconds that a request may compute before it is answered with 504.
        limits: Limits of one request.
        connections: Limits of connections, to the REST API and the gRPC API.
        grpc_port: Port of the gRPC services, on the same address; 0 for any free port, None for no gRPC.
    """

    serving: Path | None = None
    config_file: Path | None = None
    poll_seconds: float = 1.0
    config_poll_seconds: float = 1.0
    label_unavailable: bool = False
    batching: BatchingParameters | None = None
    timeout_seconds: float = 30.0
    limits: Limits = field(default_factory=lambda: Limits(workers=4 * (os.cpu_count() or 1)))
    connections: ConnectionLimits = DEFAULT_LIMITS
    grpc_port: int | None = None


class Addresses(NamedTuple):
    """Addresses of the server: the URL of REST, and the `host:port` of gRPC or None."""

    rest: str
    grpc: str | None


def serve(
    settings: ServerSettings,
    listener: socket.socket,
    on_ready: Callable[[Addresses, ServableManager], None],
    wrap_app: Callable[[ASGIApp, ServableManager], ASGIApp] = lambda app, _: app,
) -> None:
    """Serve on `listener` until SIGINT or SIGTERM.

    Args:
        settings: The server's settings.
        listener: The bound socket from `listen`.
        on_ready: Called with the addresses and the servables once requests are accepted.
        wrap_app: Called with the REST application and the servables; returns the application to serve.

    Raises:
        ServeError: No model loads, the configuration is refused, or the gRPC port is in use.
    """
    servables, config_file = load(settings)
    try:
        with _grpc_server(settings, listener, servables) as grpc_address:
            servables.start(settings.poll_seconds)
            if config_file and settings.config_poll_seconds:
                config_file.start(settings.config_poll_seconds)
            app = wrap_app(create_app(servables, settings.limits), servables)
            run(app, listener, lambda url: on_ready(Addresses(url, grpc_address), servables), settings.connections)
    finally:
        if config_file:
            config_file.close()
        servables.close()


@contextmanager
def _grpc_server(settings: ServerSettings, listener: socket.socket, servables: ServableManager) -> Iterator[str | None]:
    """Serve gRPC on the listener's host until the block ends, and yield its address; None without a gRPC port."""
    if settings.grpc_port is None:
        yield None
        return
    from vitrine.serving.api.grpc import start_grpc

    host = listener.getsockname()[0]
    server, port = start_grpc(servables, host, settings.grpc_port, settings.limits, settings.connections)
    try:
        yield address(host, port)
    finally:
        server.stop(SHUTDOWN_SECONDS).wait()


def check_directory(serving: Path) -> None:
    """Raise ServeError unless `serving` is a directory with at least one complete version of a model."""
    if not serving.is_dir():
        raise ServeError(f"{serving} is not a directory; give the one a run pushed to, such as runs/sample/serving")
    if not find_models(serving):
        raise ServeError(f"{serving} holds no model; it should hold <model>/<version>/saved_model.pb")


def check_config_file(file: Path) -> None:
    """Raise ServeError unless `file` is a valid `ModelServerConfig` with supported models."""
    try:
        model_configs(parse_config(read_text(file), file))
    except ApiError as error:
        raise ServeError(f"{file}: {error.message}") from None


def load(settings: ServerSettings) -> tuple[ServableManager, ConfigFile | None]:
    """Load the newest version of every model, or the models of the configuration file.

    Raises:
        ServeError: None of them loads, or the file is refused.
    """
    with frozen_imports():  # which makes the collection after each unload short
        import tensorflow_text  # noqa: F401  Imports TensorFlow, too.
    servables = ServableManager(
        settings.serving, settings.timeout_seconds, settings.batching, settings.label_unavailable
    )
    config_file = ConfigFile(settings.config_file, servables) if settings.config_file else None
    if config_file:
        config_file.load()
    else:
        servables.refresh()
    missing = servables.missing()
    if missing and not servables.loaded():
        reasons = "; ".join(
            f"{name}{'' if version is None else f' version {version}'}: {error}" for name, version, error in missing
        )
        raise ServeError(f"no model in {settings.config_file or settings.serving} loads: {reasons}")
    return servables, config_file
