"""`vitrine serve`: TF Serving's APIs over what a run pushed."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--serving",
    required=True,
    type=click.Path(path_type=Path),
    help="The directory a run pushed to, such as runs/sample/serving.",
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
    "--timeout-seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="How long a request may compute.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Requests computed at a time.  [default: 4 per CPU]")
@click.option(
    "--max-body-mib", default=64, show_default=True, type=click.IntRange(1, 2047), help="Largest request body."
)
@click.option("--verbose", is_flag=True, help="Show what TensorFlow prints, too.")
def command(
    serving: Path,
    host: str,
    port: int,
    grpc_port: int,
    poll_seconds: float,
    timeout_seconds: float,
    workers: int | None,
    max_body_mib: int,
    verbose: bool,
) -> None:
    """Answer TF Serving's REST and gRPC APIs from the models in a serving directory.

    New versions are loaded beside the old ones and take over without a failed request. Stop with Ctrl+C.
    """
    import os

    from cli.terminal import quiet_tensorflow
    from vitrine.serving.console import announcement, log_to_terminal
    from vitrine.serving.rest import Limits
    from vitrine.serving.server import ServerSettings, check_directory, listen, serve

    check_directory(serving)
    limits = Limits(body_bytes=max_body_mib * 2**20, workers=workers or 4 * (os.cpu_count() or 1))
    if grpc_port > 0:
        listen(host, grpc_port, "--grpc-port").close()  # told at once, not when the models are loaded
    with listen(host, port) as listener:
        if not verbose:
            # Not even its errors: those of requests and of versions are answered and logged by us.
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            quiet_tensorflow()
        log_to_terminal()
        settings = ServerSettings(serving, poll_seconds, timeout_seconds, limits, None if grpc_port < 0 else grpc_port)
        serve(settings, listener, lambda addresses, servables: click.echo(announcement(*addresses, servables)))
