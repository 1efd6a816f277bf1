"""`vitrine submit`: a run on Kubeflow or Vertex."""

import json
import logging
from pathlib import Path

import click

from cli.beam_runner import beam_runner, with_beam_runner


@click.command(name="submit")
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path), help="The run's YAML file.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Override a key: platform.image=….")
@click.option("--runner", required=True, type=click.Choice(["kubeflow", "vertex"]), help="Where to run it.")
@beam_runner
@click.option(
    "--schedule", "cron", default="", metavar="CRON", help="Run it again and again: '0 3 * * *' is daily at 3."
)
@click.option("--wait", is_flag=True, help="Return when the run has ended.")
@click.option("--json", "as_json", is_flag=True, help="Print id, link and state as JSON.")
def command(
    config_path: Path,
    assignments: tuple[str, ...],
    runner: str,
    beam_runner: str | None,
    cron: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Compile the pipeline, hand it to Kubeflow or Vertex, start a run and print its link.

    Kubeflow gets a new version of the pipeline that bears the configuration's name. A schedule takes the place of the
    one that the pipeline had. Exit codes: 0 started (with --wait: succeeded), 2 bad input, 6 refused or failed there.
    """
    from cli.terminal import quiet_tensorflow, waiting
    from pipelines.config import load_config
    from pipelines.requirements import require, require_cron

    config = load_config(config_path, with_beam_runner(assignments, beam_runner))
    require(config)
    if cron:
        require_cron(cron)
        if wait:
            raise click.UsageError("--wait follows one run; leave it out with --schedule")
    with waiting("loading TFX"):
        quiet_tensorflow()
        logging.getLogger("absl").setLevel(logging.ERROR)
        if runner == "kubeflow":
            from pipelines.platforms.kubeflow import submit
        else:
            from pipelines.platforms.vertex import submit
        from pipelines.platforms.compiling import compile_pipeline

        compiled = compile_pipeline(config, runner)  # type: ignore[arg-type]  # click has checked it
    submitted = submit(compiled, config, cron, wait, lambda line: click.echo(line, err=True))
    if as_json:
        click.echo(json.dumps(vars(submitted)))
    else:
        click.echo(
            f"{'schedule' if submitted.scheduled else 'run'} {submitted.id}: {submitted.state}\n{submitted.link}"
        )
