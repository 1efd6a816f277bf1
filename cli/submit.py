"""`vitrine submit`: a run on Kubeflow or Vertex."""

import json
from typing import TYPE_CHECKING

import click

from cli.compile import compile_quietly, kind_option, runner_option
from cli.options import with_config

if TYPE_CHECKING:
    from pipelines.kinds import Kind
    from pipelines.platform_settings import Runner
    from pipelines.settings import RunSettings


@click.command(name="submit")
@with_config("platform.image=…")
@runner_option
@kind_option
@click.option("--schedule", "cron", default="", metavar="CRON", help="Run on a schedule: '0 3 * * *' is daily at 3.")
@click.option("--wait", is_flag=True, help="Wait for the end of the run.")
@click.option("--json", "as_json", is_flag=True, help="Print the run's id, link and state as JSON.")
def command(settings: "RunSettings", runner: "Runner", kind: "Kind", cron: str, wait: bool, as_json: bool) -> None:
    """Start a run of a pipeline on Kubeflow or Vertex.

    The pipeline is compiled and submitted, and the link of the run is printed. On Kubeflow, each submission
    creates a new version of the pipeline with the configuration's name; that of the catalogue run ends with
    `-refresh`. A schedule replaces the pipeline's earlier one.

    Exit codes: 0 started (with --wait: succeeded), 2 invalid input, 6 refused by the platform, or failed there.
    """
    from cli.garbage_collection import no_collection
    from cli.terminal.output import show_status
    from pipelines.settings_checks import require_cron

    if cron:
        require_cron(cron)
        if wait:
            raise click.UsageError("--wait and --schedule exclude each other")
    compiled = compile_quietly(settings, runner, kind)
    with show_status(f"loading the SDK of {runner}"), no_collection():
        if runner == "kubeflow":
            from pipelines.platforms.kubeflow import submit
        else:
            from pipelines.platforms.vertex import submit
    submitted = submit(compiled, settings, cron, wait, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(vars(submitted)))
    else:
        click.echo(
            f"{'schedule' if submitted.scheduled else 'run'} {submitted.id}: {submitted.state}\n{submitted.link}"
        )
