"""`vitrine serve`: TF Serving's APIs over what a run pushed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vitrine.serving.batching.parameters import BatchingParameters


MAX_WORKERS = 256


@click.command()
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="The directory a run pushed to, such as runs/sample/serving: the newest version of each model is served.",
)
@click.option(
    "--model-config-file",
    type=click.Path(path_type=Path),
    help="Instead of --serving: a file that lists models, versions and labels, as TF Serving reads it.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8501, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option(
    "--grpc-port",
    default=8500,
    show_default=True,
    type=click.IntRange(-1, 65535),
    help="For gRPC on the same address; 0 picks a free one, -1 is for none.",
)
@click.option(
    "--poll-seconds",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0.05),
    help="How often to look for new versions.",
)
@click.option(
    "--model-config-file-poll-wait-seconds",
    type=click.FloatRange(min=0),
    help="How often to look for changes of that file; 0 for never.  [default: as --poll-seconds]",
)
@click.option(
    "--allow-version-labels-for-unavailable-models",
    "label_unavailable",
    is_flag=True,
    help="Take new labels of versions that do not serve yet, which at the start are all.",
)
@click.option("--enable-batching", is_flag=True, help="Compute requests that come at the same time together.")
@click.option(
    "--batching-parameters-file",
    type=click.Path(path_type=Path),
    help="How large batches may be and how long they wait, as TF Serving reads it.",
)
@click.option(
    "--timeout-seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="How long a request may compute.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    help="Requests under way at a time.  [default: 4 per CPU, 32 with batching]",
)
@click.option(
    "--max-body-mib", default=64, show_default=True, type=click.IntRange(1, 2047), help="Largest request body."
)
@click.option("--verbose", is_flag=True, help="Show what TensorFlow prints, too.")
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
    """Answer TF Serving's REST and gRPC APIs from the models in a serving directory, or those that a file lists.

    Beside them, at the same address, is the search API with its page, if --serving has the index that a run pushes;
    `vitrine gateway` has it with all its settings.

    New versions are loaded beside the old ones and take over without a failed request. Stop with Ctrl+C.
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
    batching = _batching(enable_batching, batching_parameters_file)
    per_cpu = 32 if batching else 4  # those that wait for their batch compute nothing
    limits = Limits(
        body_bytes=max_body_mib * 2**20, workers=workers or min(MAX_WORKERS, per_cpu * (os.cpu_count() or 1))
    )
    if grpc_port > 0:
        listen(host, grpc_port, "--grpc-port").close()  # told at once, not when the models are loaded
    with listen(host, port) as listener:
        if not verbose:
            # Not even its errors: those of requests and of versions are answered and logged by us.
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
        wrapped = {"wrap_app": gateway_mount(serving, catalogue_name(serving))} if serving and searchable else {}
        serve(
            settings,
            listener,
            lambda addresses, servables: click.echo(announcement(*addresses, servables, searchable)),
            **wrapped,
        )


def _batching(enabled: bool, file: Path | None) -> BatchingParameters | None:
    from vitrine.serving.batching.parameters import BatchingParameters, read_parameters

    if not enabled:
        if file:
            raise click.UsageError("--batching-parameters-file needs --enable-batching")
        return None
    return read_parameters(file) if file else BatchingParameters()
