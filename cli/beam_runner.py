"""The option `--beam-runner`, which several commands have."""

import click

beam_runner = click.option(
    "--beam-runner",
    type=click.Choice(["direct", "multi", "flink", "spark", "dataflow"]),
    help="Where data-parallel nodes run: --set beam.runner=….",
)


def with_beam_runner(assignments: tuple[str, ...], runner: str | None) -> tuple[str, ...]:
    """Return the assignments and the one that the option stands for, which wins."""
    return (*assignments, f"beam.runner={runner}") if runner else assignments
