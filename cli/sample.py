"""`vitrine sample`: generation of a sample catalogue with judgements."""

from pathlib import Path

import click


@click.command(context_settings={"show_default": True})
@click.option("--output", type=click.Path(path_type=Path), default=Path("data/sample"), help="The folder to write.")
@click.option("--products", type=int, default=2000, help="Number of products, at least 20.")
@click.option("--queries", type=int, default=600, help="Number of queries, at least 4; a quarter is for evaluation.")
@click.option("--seed", type=int, default=0, help="Random seed; each seed gives another shop.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(output: Path, products: int, queries: int, seed: int, as_json: bool) -> None:
    """Generate a sample catalogue with queries and judgements.

    Equal options give equal files. A folder that holds this sample already is left unchanged.

    \b
    OUTPUT/catalogue/products.csv
    OUTPUT/judgements/train/judgements.csv
    OUTPUT/judgements/eval/judgements.csv
    OUTPUT/images/*.png
    """  # noqa: D301 - click reads the escape
    import dataclasses
    import json

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    from vitrine.data.contract.files import check
    from vitrine.data.sample.generate import generate
    from vitrine.data.sample.settings import SampleSettings

    settings = SampleSettings(products=products, queries=queries, seed=seed)
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars: dict[str, TaskID] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in bars:
                bars[step] = progress.add_task(step, total=total)
            progress.update(bars[step], completed=done)

        written = generate(output, settings, show)
    summary = check(output)
    if as_json:
        click.echo(json.dumps({"output": str(output), "written": written, **dataclasses.asdict(summary)}, indent=2))
        return
    click.echo(f"{output}: {'written' if written else 'unchanged'}")
    click.echo(f"products   {summary.products} ({summary.with_image} with an image)")
    for split in summary.queries:
        shares = ", ".join(f"{label} {count}" for label, count in summary.labels[split].items())
        click.echo(f"{split:<10} {summary.queries[split]} queries, {summary.judgements[split]} judgements ({shares})")
