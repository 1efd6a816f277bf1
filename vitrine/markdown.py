"""Markdown tables with aligned columns, readable on a terminal and on a page."""

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a Markdown table with its columns aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def interval(value: float, low: float, high: float) -> str:
    """Format an estimate with its 95% interval."""
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"
