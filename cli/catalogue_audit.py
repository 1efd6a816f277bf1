"""`vitrine catalogue audit`: products whose category is doubtful or missing, by the category head."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.catalogue_options import json_option

if TYPE_CHECKING:
    import pandas as pd

TITLES = {
    "category": "Text and image say another category",
    "inputs": "Text and image say different categories",
    "missing": "No category; the predicted one",
}


@click.command()
@click.option("--run", "run_directory", required=True, type=click.Path(path_type=Path), help="The run's directory.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="Write all findings to this CSV file.")
@click.option("-n", "limit", default=20, show_default=True, type=click.IntRange(1), help="Most findings of each kind.")
@json_option
def command(run_directory: Path, file: Path | None, limit: int, as_json: bool) -> None:
    """List products whose category is doubtful or missing, the most confident findings first.

    \b
    vitrine catalogue audit --run runs/sample
    vitrine catalogue audit --run runs/sample --csv findings.csv

    Each product is predicted by a category head that was trained without it. A finding is that its text and its image
    both say another category than its own, that they say different ones, or that it has no category.
    """  # noqa: D301 - click reads the escape
    from pipelines.metadata.records import find_output
    from pipelines.run_directory import RunDirectory
    from vitrine.categories.audit import read_audit

    findings = read_audit(find_output(RunDirectory(run_directory), "CategoryTrainer", "model_run").path)
    if file:
        from vitrine.files.replacing import write_text

        write_text(file, findings.to_csv(index=False, float_format="%.4f"))
    shown = findings.groupby("finding").head(limit)
    if as_json:
        click.echo(json.dumps(json.loads(shown.to_json(orient="records")), indent=2, ensure_ascii=False))
        return
    for kind, title in TITLES.items():
        _show(title, findings[findings["finding"] == kind], limit)


def _show(title: str, findings: "pd.DataFrame", limit: int) -> None:
    click.echo(f"{title}: {len(findings):,}")
    for row in findings.head(limit).to_dict("records"):
        if row["finding"] == "inputs":
            said = f"text {row['text_category']} {row['text_probability']:.0%}, image {row['image_category']} "
            said += f"{row['image_probability']:.0%}"
        else:
            said = f"{row['predicted']} {row['probability']:.0%}"
        click.echo(f"  {row['product_id']}  {row['title']}  [{row['category'] or ''}] → {said}")
