"""Tables and the plot of the suite `groups`."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Drawing

from vitrine.audit.cells import interval_cell
from vitrine.audit.groups.dimensions import Dimension
from vitrine.audit.groups.judged import JudgedGroup
from vitrine.audit.groups.pairs import Pair
from vitrine.audit.section import Cell, Plot, Table
from vitrine.plots.png import png_bytes

DRAWN: Final = ("found", "results", "gain", "in_category", "diversity")
"""The figures of the plot, of those that are measured."""
_NOTE: Final = (
    "found: something is shown; junk: taken for a query that nothing fits; results: products among the first ten that "
    "are more probably exact or substitute than not; gain: their mean expected gain; in_category: the share of the "
    "category that was asked for; price: the median; brands: distinct ones; diversity: mean distance of two titles"
)
_PAIR_NOTE: Final = (
    "overlap: share of the first ten results in both lists; beyond the word: without products whose text names either "
    "group; moved: places by which shared products differ; price ratio: median prices, first over second"
)


def flagged_table(dimensions: Sequence[Dimension], judged: Sequence[JudgedGroup]) -> Table:
    """List everything that is beyond the tolerance."""
    rows: list[list[Cell]] = [
        [dimension.name, group, figure, interval_cell(each.difference), each.relative, each.products]
        for dimension in dimensions
        for figure, group, each in dimension.flagged
    ]
    rows += [
        [each.group.dimension, each.group.name, "judged ndcg@10", interval_cell(each.difference), None, each.queries]
        for each in judged
        if each.flagged
    ]
    columns = ("dimension", "group", "figure", "difference", "relative", "products or queries")
    return Table("Flagged groups", columns, rows, "Differences from the other groups, for the same products")


def group_tables(dimensions: Sequence[Dimension]) -> list[Table]:
    """List the figures of the groups of each dimension, with the largest difference and the smallest ratio."""
    tables = []
    for dimension in dimensions:
        figures = list(dimension.parity.values())
        groups = list(figures[0].by_group) if figures else []
        rows: list[list[Cell]] = [[group, *(figure.by_group[group] for figure in figures)] for group in groups]
        rows.append(["largest difference", *(interval_cell(figure.difference) for figure in figures)])
        rows.append(["smallest ratio", *(interval_cell(figure.ratio) for figure in figures)])
        tables.append(Table(f"Groups by {dimension.name}", [dimension.name, *dimension.parity], rows, _NOTE))
    return tables


def pair_table(pairs: Sequence[Pair]) -> Table:
    """List the counterfactual pairs, those whose lists differ the most first."""
    rows: list[list[Cell]] = [
        [
            f"{pair.first.phrases[0]} / {pair.second.phrases[0]}".replace("{}", "…"),
            pair.products,
            interval_cell(pair.overlap),
            interval_cell(pair.overlap_beyond),
            interval_cell(pair.moved),
            interval_cell(pair.price_ratio),
            "yes" if pair.flagged else "",
        ]
        for pair in sorted(pairs, key=lambda pair: (pair.overlap_beyond.value, pair.overlap.value))
    ]
    columns = ("pair", "products", "overlap", "beyond the word", "moved", "price ratio", "flagged")
    return Table("Counterfactual pairs", columns, rows, _PAIR_NOTE)


def judged_table(judged: Sequence[JudgedGroup]) -> Table:
    """List the quality of the held-out queries that name a group."""
    rows: list[list[Cell]] = [
        [
            each.group.dimension,
            each.group.name,
            each.queries,
            interval_cell(each.ndcg),
            interval_cell(each.difference),
            "yes" if each.flagged else "",
        ]
        for each in judged
    ]
    columns = ("dimension", "group", "queries", "ndcg@10", "against other queries", "flagged")
    return Table("Held-out queries that name a group", columns, rows)


def deviation_plot(dimensions: Sequence[Dimension]) -> Plot:
    """Draw each group's paired difference from the others of its dimension, with its interval."""
    drawing = Drawing(figsize=(12, 6), layout="constrained")
    drawn = [figure for figure in DRAWN if any(dimension.deviations[figure] for dimension in dimensions)]
    for axes, figure in zip(drawing.subplots(1, len(drawn), sharey=True, squeeze=False)[0], drawn, strict=True):
        found = [
            (f"{dimension.name}: {group}", each)
            for dimension in dimensions
            for group, each in dimension.deviations[figure].items()
        ][::-1]
        values = np.array([[each.difference.value, each.difference.low, each.difference.high] for _, each in found])
        axes.set_title(figure)
        axes.axvline(0, color="#999999", linewidth=1)
        widths = np.abs(values[:, 1:] - values[:, :1]).T
        colours = ["#c0392b" if each.flagged else "#2c5f8a" for _, each in found]
        names = [name for name, _ in found]
        axes.errorbar(values[:, 0], names, xerr=widths, fmt="none", ecolor=colours)
        axes.scatter(values[:, 0], names, c=colours, s=16)
    caption = "Differences of each group from the others of its dimension; red is beyond the tolerance"
    return Plot("groups", caption, png_bytes(drawing))
