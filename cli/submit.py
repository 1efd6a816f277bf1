"""`vitrine submit`: a run on Kubeflow or Vertex."""

import json
from typing import TYPE_CHECKING

import click

from cli.compiling import compile_quietly, runner_option
from cli.options import with_config

if TYPE_CHECKING:
    from pipelines.platform_settings import Runner
    from pipelines.settings import RunSettings


@click.command(name="submit")
@with_config("platform.image=…")
@runner_option
@click.option(
    "--schedule", "cron", default="", metavar="CRON", help="Run it again and again: '0 3 * * *' is daily at 3."
)
@click.option("--wait", is_flag=True, help="Return when the run has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print id, link and state as JSON.")
def command(settings: "RunSettings", runner: "Runner", cron: str, wait: bool, as_json: bool) -> None:
    """Compile the pipeline, hand it to Kubeflow or Vertex, start a run and print its link.

    Kubeflow gets a new version of the pipeline that bears the configuration's name. A schedule takes the place of the
    one that the pipeline had. Exit codes: 0 started (with --wait: succeeded), 2 bad input, 6 refused or failed there.
    """
    from cli.loading import loading
    from cli.terminal.output import waiting
    from pipelines.settings_checks import require_cron

    if cron:
        require_cron(cron)
        if wait:
            raise click.UsageError("--wait follows one run; leave it out with --schedule")
    compiled = compile_quietly(settings, runner)
    with waiting(f"loading the SDK of {runner}"), loading():
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
