"""The suite `groups`: the same products, asked for in the name of different people."""

from collections.abc import Sequence
from math import isnan
from typing import Final

from vitrine.audit.data import AuditData
from vitrine.audit.groups.asked import Asked, ask
from vitrine.audit.groups.dimensions import Dimension, measure_dimensions
from vitrine.audit.groups.judged import JudgedGroup, judged_groups
from vitrine.audit.groups.pairs import Pair, compare_pairs
from vitrine.audit.groups.tables import deviation_plot, flagged_table, group_tables, judged_table, pair_table
from vitrine.audit.section import Figure, Section, skipped
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Target
from vitrine.extras import require_extra

NAME: Final = "groups"
TITLE: Final = "Groups of people"


def audit(target: Target, data: AuditData, settings: AuditSettings) -> Section:
    """Compare what groups are shown, by templates and by held-out queries that name them.

    Raises:
        MissingExtraError: Fairlearn is not installed.
    """
    require_extra("audit", "the suite groups", "fairlearn")
    asked = ask(target, data, settings)
    if asked is None:
        return skipped(NAME, TITLE, "neither categories nor judged queries name products; `--data` brings them")
    dimensions = measure_dimensions(asked, settings.tolerance, settings.seed)
    pairs = compare_pairs(asked, settings.tolerance)
    held_out = data.queries(settings.judged_queries, settings.seed)
    answers = target.search(list(held_out.text.values())) if held_out else []
    judged = judged_groups(held_out, answers, settings.tolerance) if held_out else []
    return Section(
        NAME,
        TITLE,
        _reading(asked, dimensions, pairs, judged, settings.tolerance),
        _figures(dimensions, pairs),
        (flagged_table(dimensions, judged), *group_tables(dimensions), pair_table(pairs), judged_table(judged)),
        (deviation_plot(dimensions),),
    )


def _figures(dimensions: Sequence[Dimension], pairs: Sequence[Pair]) -> tuple[Figure, ...]:
    """Return the largest difference and the smallest ratio of each figure, by dimension, and the number flagged."""
    found = []
    for dimension in dimensions:
        for name, figure in dimension.parity.items():
            key = f"{NAME}.{dimension.name}.{name}"
            found.append(Figure.of(f"{key}_difference", figure.difference, dimension.products, "low"))
            found.append(Figure.of(f"{key}_ratio", figure.ratio, dimension.products, "high"))
        count = float(len(dimension.flagged))
        found.append(Figure(f"{NAME}.{dimension.name}.flagged", count, count, count, dimension.products, "low"))
        own = [pair for pair in pairs if pair.first.dimension == dimension.name]
        lowest = min(own, key=lambda pair: pair.overlap_beyond.value)
        found.append(Figure.of(f"{NAME}.{dimension.name}.overlap", lowest.overlap_beyond, lowest.products, "high"))
    return tuple(found)


def _reading(
    asked: Asked,
    dimensions: Sequence[Dimension],
    pairs: Sequence[Pair],
    judged: Sequence[JudgedGroup],
    tolerance: float,
) -> str:
    products = {query.product for query in asked.queries}
    names = "categories of the catalogue" if asked.categorised else "last words of judged queries"
    flagged = [(dimension.name, group) for dimension in dimensions for _, group, _ in dimension.flagged]
    priced = [pair for pair in pairs if not isnan(pair.price_ratio.value)]
    text = (
        f"{len(asked.queries):,} queries ask for {len(products)} products, the commonest {names}, in the name of "
        f"{len({(query.group.dimension, query.group.name) for query in asked.queries})} groups. A group is flagged if "
        f"the whole 95% interval of its difference from the other groups, for the same products, is beyond "
        f"{tolerance:g}, or beyond {tolerance:.0%} for numbers of results and brands and for prices. "
    )
    if flagged:
        text += f"Flagged are {len(flagged)} figures of {len(set(flagged))} groups"
    else:
        text += "No group is flagged"
    if priced:
        differing = sum(pair.flagged for pair in priced)
        text += f"; {differing} of {len(priced)} counterfactual pairs are shown prices that differ by more"
    text += ". Largest differences are positive by chance alone, so that none is flagged by them."
    if not judged:
        text += " No group is named by two held-out queries, so that quality by judgements is unknown."
    return text
