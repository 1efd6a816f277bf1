"""`vitrine sample`: generate the sample catalogue and judgements."""

from pathlib import Path

import click


@click.command(context_settings={"show_default": True})
@click.option("--output", type=click.Path(path_type=Path), default=Path("data/sample"), help="Folder to write.")
@click.option("--products", type=int, default=2000, help="How many products, at least 20.")
@click.option("--queries", type=int, default=600, help="How many queries, at least 4; a quarter is for evaluation.")
@click.option("--seed", type=int, default=0, help="Another seed gives another shop.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def command(output: Path, products: int, queries: int, seed: int, as_json: bool) -> None:
    """Generate a catalogue with pictures, queries and judgements.

    Equal options give equal files. A folder that already holds this sample is left as it is.

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

        def show(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done)

        written = generate(output, settings, show)
    summary = check(output)
    if as_json:
        click.echo(json.dumps({"output": str(output), "written": written, **dataclasses.asdict(summary)}, indent=2))
        return
    click.echo(f"{output}: {'written' if written else 'unchanged'}")
    click.echo(f"products   {summary.products} ({summary.with_image} with a picture)")
    for split in summary.queries:
        shares = ", ".join(f"{label} {count}" for label, count in summary.labels[split].items())
        click.echo(f"{split:<10} {summary.queries[split]} queries, {summary.judgements[split]} judgements ({shares})")
