"""The report of an audit: HTML that loads nothing from elsewhere, Markdown, and JSON, with the plots beside them."""

import base64
import json
import re
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Final

from vitrine.audit.missed import JSON
from vitrine.audit.run import Audit
from vitrine.audit.section import Cell, Figure, Section, Table
from vitrine.extras import require_extra
from vitrine.files.replacing import replace_file, write_text
from vitrine.markdown import table as markdown_table

HTML: Final = "audit.html"
MARKDOWN: Final = "audit.md"
_INTERVAL: Final = re.compile(r"\[-?[0-9.]+, -?[0-9.]+\]")
TEMPLATE: Final = Path(__file__).with_name("report.html.j2")


def write_report(audit: Audit, folder: Path) -> None:
    """Write `audit.html`, `audit.md`, `audit.json` and the plots into `folder`; those of an earlier audit are replaced.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    require_extra("audit", "the report of an audit", "jinja2")
    folder.mkdir(parents=True, exist_ok=True)
    for section in audit.sections:
        for plot in section.plots:
            with replace_file(folder / _plot_file(section.name, plot.name)) as partial:
                partial.write_bytes(plot.png)
    write_text(folder / JSON, as_json(audit))
    write_text(folder / MARKDOWN, as_markdown(audit))
    write_text(folder / HTML, as_html(audit))


def as_html(audit: Audit) -> str:
    """Return the report as HTML with its plots inside."""
    from jinja2 import Environment

    environment = Environment(autoescape=True)
    environment.filters["base64"] = lambda data: base64.b64encode(data).decode()
    environment.filters["cell"] = cell_text
    environment.tests["interval"] = lambda cell: isinstance(cell, str) and _INTERVAL.fullmatch(cell) is not None
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(audit=audit)


def as_markdown(audit: Audit) -> str:
    """Return the report as Markdown; its plots are files beside it."""
    parts = [f"# Audit of {audit.target}", f"Seed {audit.settings.seed}. Intervals are 95%, from bootstrap samples."]
    if audit.missed:
        parts.append("\n".join(["Thresholds missed:", "", *(f"* {sentence}" for sentence in audit.missed)]))
    elif audit.settings.gate:
        parts.append("All thresholds are kept.")
    for section in audit.sections:
        parts += [f"## {section.title}", section.reading]
        parts += [f"![{plot.caption}]({_plot_file(section.name, plot.name)})" for plot in section.plots]
        for table in section.tables:
            if table.rows:
                parts += [f"### {table.title}", _table(table), *([table.note] if table.note else [])]
        bounded = [figure for figure in section.figures if figure.threshold is not None]
        if bounded:
            parts += ["### Thresholds", _thresholds(bounded)]
    return "\n\n".join(parts) + "\n"


def as_json(audit: Audit) -> str:
    """Return figures and tables as JSON; a value that could not be measured is null."""
    content = {
        "target": audit.target,
        "settings": audit.settings.model_dump(mode="json"),
        "missed": list(audit.missed),
        "sections": [_plain(section) for section in audit.sections],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def cell_text(cell: Cell) -> str:
    """Return a cell of a table as text."""
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.3f}" if isfinite(cell) else "–"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _plain(section: Section) -> dict[str, object]:
    return {
        "name": section.name,
        "title": section.title,
        "reading": section.reading,
        "skipped": section.skipped,
        "figures": [{key: _finite(value) for key, value in asdict(figure).items()} for figure in section.figures],
        "tables": [
            {
                "title": table.title,
                "columns": list(table.columns),
                "rows": [[_finite(cell) for cell in row] for row in table.rows],
                "note": table.note,
            }
            for table in section.tables
        ],
        "plots": [{"file": _plot_file(section.name, plot.name), "caption": plot.caption} for plot in section.plots],
    }


def _finite(value: Cell) -> Cell:
    return None if isinstance(value, float) and not isfinite(value) else value


def _table(table: Table) -> str:
    return markdown_table(table.columns, [[_escaped(cell_text(cell)) for cell in row] for row in table.rows])


def _thresholds(figures: list[Figure]) -> str:
    rows = [
        [
            f"`{figure.key}`",
            cell_text(figure.value),
            f"[{cell_text(figure.low)}, {cell_text(figure.high)}]",
            f"{'≤' if figure.better == 'low' else '≥'} {figure.threshold}",
            "yes" if figure.passed else "**no**",
        ]
        for figure in figures
    ]
    return markdown_table(("figure", "value", "95%", "threshold", "kept"), rows)


def _escaped(text: str) -> str:
    """Keep a text inside its cell, and its signs from being read as Markdown or HTML."""
    text = " ".join(text.split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "\\`").replace("*", "\\*")


def _plot_file(section: str, plot: str) -> str:
    return f"{section}-{plot}.png"
