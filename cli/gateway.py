"""`vitrine gateway`: the search API and the page, over one or more catalogues."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.options import host_option, verbose_option

if TYPE_CHECKING:
    from vitrine.gateway.settings import GatewaySettings

PREFIX: Final = "VITRINE_GATEWAY__"


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The configuration file, such as deploy/gateway.yaml.")
@click.option(
    "--serving",
    type=click.Path(path_type=Path),
    help="Instead of --config: the serving directory of a run, for a gateway with one catalogue.",
)
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a setting, such as limits.rate=10/second.",
)
@host_option
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--json-logs", is_flag=True, help="Log events and requests as lines of JSON.")
@verbose_option
def command(
    config: Path | None,
    serving: Path | None,
    assignments: tuple[str, ...],
    host: str,
    port: int,
    json_logs: bool,
    verbose: bool,
) -> None:
    """Serve the search API and its page.

    The API takes queries and images, and returns products with reasons.

    \b
    vitrine gateway --serving runs/sample/serving
    vitrine gateway --config deploy/gateway.yaml --set cache.redis=redis://localhost:6379

    Environment variables override settings, too: VITRINE_GATEWAY__LIMITS__RATE=10/second. Stop with Ctrl+C.
    """  # noqa: D301 - click reads the escape
    import os

    from cli.terminal.output import quiet_tensorflow
    from vitrine.gateway.http.logs import log_as_json, log_as_text
    from vitrine.http_server.listening import listen

    settings = load_settings(config, serving, assignments)
    with listen(host, port) as listener:
        # A gateway with REST backends only needs no TensorFlow, and its container image has none.
        if not verbose and any(catalogue.backend.kind != "rest" for catalogue in settings.catalogues.values()):
            os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
            quiet_tensorflow()
        (log_as_json if json_logs else log_as_text)()
        from vitrine.gateway.server import serve_gateway

        serve_gateway(settings, listener, lambda url: click.echo(f"Gateway on {url} (Ctrl+C to stop)"))


def load_settings(config: Path | None, serving: Path | None, assignments: tuple[str, ...]) -> "GatewaySettings":
    """Return the settings in a file, or those of a gateway with the catalogue of one run.

    Raises:
        ConfigError: Neither or both of `config` and `serving` are given, or a setting is invalid.
    """
    import os

    from vitrine.errors import ConfigError
    from vitrine.gateway.settings import GatewaySettings, catalogue_name
    from vitrine.settings import override, read_settings, validate

    if (config is None) == (serving is None):
        raise ConfigError("give either --config FILE or --serving DIR")
    if config is not None:
        return validate(GatewaySettings, read_settings(config, assignments, prefix=PREFIX), config)
    settings: dict[str, object] = {"catalogues": {catalogue_name(serving or Path()): {"serving": str(serving)}}}
    return validate(GatewaySettings, override(settings, assignments, os.environ, PREFIX), "--serving")
