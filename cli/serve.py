"""`vitrine serve`: a model server with TF Serving's APIs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import host_option, verbose_option

if TYPE_CHECKING:
    from vitrine.serving.batching.parameters import BatchingParameters

MAX_WORKERS = 256


@click.command()
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The serving directory of a run, such as runs/sample/serving. The newest version of each model is served.",
)
@click.option(
    "--model-config-file",
    type=click.Path(path_type=Path),
    help="Instead of --serving: TF Serving's models.config, which lists models, versions and labels.",
)
@host_option
@click.option(
    "--port",
    default=8501,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the REST API; 0 picks a free one.",
)
@click.option(
    "--grpc-port",
    default=8500,
    show_default=True,
    type=click.IntRange(-1, 65535),
    help="Port of the gRPC API; 0 picks a free one, -1 disables gRPC.",
)
@click.option(
    "--poll-seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.05),
    help="Seconds between two checks for new versions.",
)
@click.option(
    "--model-config-file-poll-wait-seconds",
    type=click.FloatRange(min=0),
    help="Seconds between two checks for changes of that file; 0 disables them.  [default: --poll-seconds]",
)
@click.option(
    "--allow-version-labels-for-unavailable-models",
    "label_unavailable",
    is_flag=True,
    help="Accept new labels of versions that are not loaded yet, which are all versions at the start.",
)
@click.option("--enable-batching", is_flag=True, help="Compute concurrent requests in one batch.")
@click.option(
    "--batching-parameters-file",
    type=click.Path(path_type=Path),
    help="TF Serving's batching parameters, such as the largest batch size and the longest wait.",
)
@click.option(
    "--timeout-seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="Time limit of a request's computation.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    help="Maximal number of concurrent requests.  [default: 4 per CPU, 32 with batching]",
)
@click.option(
    "--max-body-mib",
    default=64,
    show_default=True,
    type=click.IntRange(1, 2047),
    help="Maximal size of a request body, in MiB.",
)
@verbose_option
def command(
    serving: Path | None,
    model_config_file: Path | None,
    host: str,
    port: int,
    grpc_port: int,
    poll_seconds: float,
    model_config_file_poll_wait_seconds: float | None,
    label_unavailable: bool,
    enable_batching: bool,
    batching_parameters_file: Path | None,
    timeout_seconds: float,
    workers: int | None,
    max_body_mib: int,
    verbose: bool,
) -> None:
    """Serve models over TF Serving's REST and gRPC APIs.

    The models are those in a serving directory, or those listed in a file. If the directory has the index that a
    run pushes, the search API and its page are served at the same address; `vitrine gateway` serves them with all their
    settings.

    New versions are loaded beside the old ones and replace them without a failed request. Stop with Ctrl+C.
    """
    import os

    from cli.serve_announcement import announcement
    from cli.terminal.output import quiet_tensorflow
    from vitrine.gateway.http.logs import log_as_text
    from vitrine.gateway.server import gateway_mount
    from vitrine.gateway.settings import catalogue_name
    from vitrine.http_server.listening import listen
    from vitrine.search.local_client import INDEX
    from vitrine.serving.api.rest import Limits
    from vitrine.serving.server import ServerSettings, check_config_file, check_directory, serve

    if serving and not model_config_file:
        check_directory(serving)
    elif model_config_file and not serving:
        check_config_file(model_config_file)
    else:
        raise click.UsageError("give either --serving or --model-config-file")
    if 0 < port == grpc_port:
        raise click.UsageError(f"--port and --grpc-port are both {port}; give each its own")
    batching = _batching(enable_batching, batching_parameters_file)
    per_cpu = 32 if batching else 4  # requests that wait for their batch compute nothing
    limits = Limits(
        body_bytes=max_body_mib * 2**20, workers=workers or min(MAX_WORKERS, per_cpu * (os.cpu_count() or 1))
    )
    if grpc_port > 0:
        listen(host, grpc_port, "--grpc-port").close()  # checked before the models are loaded
    with listen(host, port) as listener:
        if not verbose:
            # Hides errors, too: the server returns and logs those of requests and of versions itself.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            quiet_tensorflow()
        log_as_text()
        settings = ServerSettings(
            serving=serving,
            config_file=model_config_file,
            poll_seconds=poll_seconds,
            config_poll_seconds=(
                poll_seconds if model_config_file_poll_wait_seconds is None else model_config_file_poll_wait_seconds
            ),
            label_unavailable=label_unavailable,
            batching=batching,
            timeout_seconds=timeout_seconds,
            limits=limits,
            grpc_port=None if grpc_port < 0 else grpc_port,
        )
        searchable = serving is not None and (serving / INDEX).is_dir()
        options = {"wrap_app": gateway_mount(serving, catalogue_name(serving))} if serving and searchable else {}
        serve(
            settings,
            listener,
            lambda addresses, servables: click.echo(announcement(*addresses, servables, searchable)),
            **options,
        )


def _batching(enabled: bool, file: Path | None) -> BatchingParameters | None:
    from vitrine.serving.batching.parameters import BatchingParameters, read_parameters

    if not enabled:
        if file:
            raise click.UsageError("--batching-parameters-file needs --enable-batching")
        return None
    return read_parameters(file) if file else BatchingParameters()
