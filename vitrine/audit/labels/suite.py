"""The suite `labels`: errors and calibration of the classifier by group of products and of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure as Drawing

from vitrine.audit.cells import interval_cell
from vitrine.audit.data import AuditData
from vitrine.audit.exposure.product_groups import BRAND, catalogue_frame, groupings
from vitrine.audit.labels.errors import PairErrors, pair_errors
from vitrine.audit.labels.pairs import ClassifiedPairs, classify, pair_groups, shown_pairs
from vitrine.audit.section import Cell, Figure, Plot, Section, Table, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Target
from vitrine.data.columns import PRODUCT_ID
from vitrine.metrics.bootstrap import Estimate
from vitrine.plots.png import png_bytes
from vitrine.search.exported_model import ExportedModel

NAME: Final = "labels"
TITLE: Final = "Errors of labels"
FEWEST: Final = 30
"""Pairs of a group that is listed, below which an interval says nothing."""
_CATEGORY: Final = "category"


@dataclass(frozen=True)
class GroupErrors:
    """The errors of one group's pairs; `flagged` if accuracy or calibration is worse than that of all pairs."""

    grouping: str
    group: str
    errors: PairErrors
    flagged: bool


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Measure the classifier on held-out judgements by group; behind an address, on those among the results.

    Raises:
        DataError: The model fails.
    """
    judged = data.queries(settings.judged_queries, settings.seed)
    if judged is None:
        return skipped(NAME, TITLE, "there are no held-out judgements; `--run` or `--data` brings them")
    if data.model is None:
        pairs = shown_pairs(target, judged)
    else:
        with ExportedModel(data.model) as model:
            pairs = classify(model, judged)
    if len(pairs.true) < FEWEST:
        return skipped(NAME, TITLE, f"{len(pairs.true)} judged pairs could be classified, which is too few")
    whole = pair_errors(pairs.query, pairs.true, pairs.esci)
    found = _groups(pairs, data, whole, settings.tolerance)
    reading = _reading(whole, found, data.model is not None, settings.tolerance)
    plots = (_plot(whole, found),) if found else ()
    return Section(NAME, TITLE, reading, _figures(whole, found), tuple(_tables(whole, found)), plots)


def _groups(pairs: ClassifiedPairs, data: AuditData, whole: PairErrors, tolerance: float) -> list[GroupErrors]:
    found = []
    for grouping, group, rows in pair_groups(pairs, _product_groups(data)):
        if rows.sum() < FEWEST:
            continue
        part = pairs.take(rows)
        errors = pair_errors(part.query, part.true, part.esci)
        flagged = (
            errors.accuracy.high < whole.accuracy.value - tolerance
            or errors.calibration_error.low > whole.calibration_error.value + tolerance
        )
        found.append(GroupErrors(grouping, group, errors, flagged))
    return found


def _product_groups(data: AuditData) -> dict[str, dict[str, str]]:
    """Return the group of each product, by grouping."""
    if data.products is None:
        return {}
    catalogue = catalogue_frame(data.products)
    found = {
        grouping.name: {product: grouping.groups[group] for product, group in grouping.group_of.items()}
        for grouping in groupings(catalogue, None)
        if grouping.name != BRAND
    }
    if _CATEGORY in catalogue:
        found[_CATEGORY] = dict(zip(catalogue[PRODUCT_ID], catalogue[_CATEGORY].fillna(""), strict=True))
    return found


def _figures(whole: PairErrors, found: Sequence[GroupErrors]) -> tuple[Figure, ...]:
    """Return the figures of all pairs, and for each grouping those of its worst group."""
    figures = [
        Figure.of(f"{NAME}.all.macro_f1", whole.macro_f1, whole.pairs, "high"),
        Figure.of(f"{NAME}.all.calibration_error", whole.calibration_error, whole.pairs, "low"),
    ]
    for name in dict.fromkeys(each.grouping for each in found):
        own = [each.errors for each in found if each.grouping == name]
        accuracy = min(own, key=lambda errors: errors.accuracy.value)
        f1 = min(own, key=lambda errors: errors.macro_f1.value)
        calibration = max(own, key=lambda errors: errors.calibration_error.value)
        flagged = float(sum(each.flagged for each in found if each.grouping == name))
        figures += [
            Figure.of(f"{NAME}.{name}.lowest_accuracy", accuracy.accuracy, accuracy.pairs, "high"),
            Figure.of(f"{NAME}.{name}.lowest_macro_f1", f1.macro_f1, f1.pairs, "high"),
            Figure.of(
                f"{NAME}.{name}.highest_calibration_error", calibration.calibration_error, calibration.pairs, "low"
            ),
            Figure(f"{NAME}.{name}.flagged", flagged, flagged, flagged, len(own), "low"),
        ]
    return tuple(figures)


def _tables(whole: PairErrors, found: Sequence[GroupErrors]) -> list[Table]:
    tables = []
    for name in dict.fromkeys(each.grouping for each in found):
        own = sorted((each for each in found if each.grouping == name), key=lambda each: each.errors.accuracy.value)
        rows = [_row("all pairs", whole, False), *(_row(each.group, each.errors, each.flagged) for each in own)]
        columns = (name, "pairs", "queries", "accuracy", "macro-F1", "calibration error", "flagged")
        tables.append(Table(f"Errors by {name}", columns, rows))
    return tables


def _row(group: str, errors: PairErrors, flagged: bool) -> list[Cell]:
    figures = (errors.accuracy, errors.macro_f1, errors.calibration_error)
    return [
        group,
        errors.pairs,
        errors.queries,
        *(interval_cell(figure) for figure in figures),
        "yes" if flagged else "",
    ]


def _plot(whole: PairErrors, found: Sequence[GroupErrors]) -> Plot:
    drawing = Drawing(figsize=(12, 2 + 0.2 * len(found)), layout="constrained")
    names = [f"{each.grouping}: {each.group}" for each in found][::-1]
    for axes, measure in zip(drawing.subplots(1, 3, sharey=True), _MEASURES, strict=True):
        estimates: list[Estimate] = [getattr(each.errors, measure) for each in found][::-1]
        values = np.array([[each.value, each.low, each.high] for each in estimates]).reshape(-1, 3)
        colours = ["#c0392b" if each.flagged else "#2c5f8a" for each in found][::-1]
        axes.axvline(getattr(whole, measure).value, color="#999999", linewidth=1)
        axes.errorbar(
            values[:, 0], range(len(names)), xerr=np.abs(values[:, 1:] - values[:, :1]).T, fmt="none", ecolor=colours
        )
        axes.scatter(values[:, 0], range(len(names)), c=colours, s=16)
        axes.set_yticks(range(len(names)), names, parse_math=False)
        axes.set_title(measure.replace("_", " "))
    return Plot("labels", "Errors by group; the line is the value of all pairs", png_bytes(drawing))


_MEASURES: Final = ("accuracy", "macro_f1", "calibration_error")


def _reading(whole: PairErrors, found: Sequence[GroupErrors], is_model: bool, tolerance: float) -> str:
    flagged = [f"{each.group} ({each.grouping})" for each in found if each.flagged]
    pairs = "held-out judgements" if is_model else "held-out judgements among the first results"
    text = (
        f"The classifier's labels for {whole.pairs:,} {pairs} of {whole.queries:,} queries: accuracy "
        f"{interval_cell(whole.accuracy)}, macro-F1 {interval_cell(whole.macro_f1)}, calibration error "
        f"{interval_cell(whole.calibration_error)}. "
        f"A group of at least {FEWEST} pairs is flagged if the 95% interval of its accuracy or calibration error is "
        f"worse than that of all pairs by more than {tolerance:g}: "
    )
    text += f"{', '.join(flagged)}." if flagged else "none is."
    return f"{text} Macro-F1 counts the labels that occur, so groups with different labels differ by that, too."
