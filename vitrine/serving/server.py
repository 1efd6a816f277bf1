"""The server process: bind, load, say what is served, answer until stopped."""

import gc
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from starlette.types import ASGIApp

from vitrine.errors import ServeError
from vitrine.http_server.uvicorn_server import SHUTDOWN_SECONDS, address, run
from vitrine.saved_model.status import ApiError
from vitrine.serving.api.rest import Limits, create_app
from vitrine.serving.batching.parameters import BatchingParameters
from vitrine.serving.config.model_config import model_configs, parse_config
from vitrine.serving.config.text_proto import read_text
from vitrine.serving.lifecycle.config_reload import ConfigFile
from vitrine.serving.lifecycle.discovery import find_models
from vitrine.serving.lifecycle.manager import Servables


@dataclass(frozen=True)
class ServerSettings:
    """What to serve, and how.

    Attributes:
        serving: The serving directory, `DIR/<model>/<version>/saved_model.pb`, or None where `config_file` is given.
        config_file: A `ModelServerConfig` in text format.
        poll_seconds: How often to look for new versions.
        config_poll_seconds: How often to look for changes of `config_file`; 0 for never.
        label_unavailable: Whether a new label may be given to a version that does not serve yet.
        batching: How to compute requests together; None to compute each by itself.
        timeout_seconds: How long a request may compute before it is answered with 504.
        limits: What one request may take.
        grpc_port: Where the gRPC services listen, on the same address; 0 for any free port, None for not at all.
    """

    serving: Path | None = None
    config_file: Path | None = None
    poll_seconds: float = 1.0
    config_poll_seconds: float = 1.0
    label_unavailable: bool = False
    batching: BatchingParameters | None = None
    timeout_seconds: float = 30.0
    limits: Limits = field(default_factory=lambda: Limits(workers=4 * (os.cpu_count() or 1)))
    grpc_port: int | None = None


class Addresses(NamedTuple):
    """Where the server listens: REST's URL, and gRPC's `host:port` if it is served."""

    rest: str
    grpc: str | None


def serve(
    settings: ServerSettings,
    listener: socket.socket,
    on_ready: Callable[[Addresses, Servables], None],
    around: Callable[[ASGIApp, Servables], ASGIApp] = lambda app, _: app,
) -> None:
    """Serve on `listener` until SIGINT or SIGTERM.

    Args:
        settings: What to serve, and how.
        listener: What `listen` gave. Bound before this is called, so that a port in use is told at once.
        on_ready: Is given the addresses and what is loaded, once requests are accepted.
        around: Is given the REST application and what is loaded, and gives the application that answers.

    Raises:
        ServeError: Nothing loads, the configuration is refused, or the gRPC port is in use.
    """
    servables, config_file = load(settings)
    try:
        with _grpc(settings, listener, servables) as grpc_address:
            servables.start(settings.poll_seconds)
            if config_file and settings.config_poll_seconds:
                config_file.start(settings.config_poll_seconds)
            app = around(create_app(servables, settings.limits), servables)
            run(app, listener, lambda url: on_ready(Addresses(url, grpc_address), servables))
    finally:
        if config_file:
            config_file.close()
        servables.close()


@contextmanager
def _grpc(settings: ServerSettings, listener: socket.socket, servables: Servables) -> Iterator[str | None]:
    """Serve gRPC beside the listener until the block ends, and give its address; None where it is not asked for."""
    if settings.grpc_port is None:
        yield None
        return
    from vitrine.serving.api.grpc import start_grpc

    host = listener.getsockname()[0]
    server, port = start_grpc(servables, host, settings.grpc_port, settings.limits)
    try:
        yield address(host, port)
    finally:
        server.stop(SHUTDOWN_SECONDS).wait()


def check_directory(serving: Path) -> None:
    """Raise `ServeError` unless `serving` is a directory with at least one complete version of a model."""
    if not serving.is_dir():
        raise ServeError(f"{serving} is not a directory; give the one a run pushed to, such as runs/sample/serving")
    if not find_models(serving):
        raise ServeError(f"{serving} holds no model; it should hold <model>/<version>/saved_model.pb")


def check_config_file(file: Path) -> None:
    """Raise `ServeError` unless `file` is a `ModelServerConfig` of models that can be asked for."""
    try:
        model_configs(parse_config(read_text(file), file))
    except ApiError as error:
        raise ServeError(f"{file}: {error.message}") from None


def load(settings: ServerSettings) -> tuple[Servables, ConfigFile | None]:
    """Load the newest version of every model, or what the configuration file lists.

    Raises:
        ServeError: Not one of them loads, or the file is refused.
    """
    import tensorflow_text  # noqa: F401  Imports TensorFlow, too.

    # What was imported stays: leaving it out makes the collection after each swap short.
    gc.collect()
    gc.freeze()
    servables = Servables(settings.serving, settings.timeout_seconds, settings.batching, settings.label_unavailable)
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
