"""Facets of attributes: counts of values, and ranges of numbers and times, such that filters find what is counted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.times import iso_time
from vitrine.features.filter_columns import folded
from vitrine.gateway.catalogue.attribute_columns import AttributeColumn, LabelColumn, NumberColumn, Numbers
from vitrine.gateway.catalogue.facet_column import Rows
from vitrine.gateway.schemas import AttributeFacet, Bin, Count

BINS: Final = 10
"""Maximum number of ranges of a histogram."""

Part = tuple[Mapping[str, AttributeColumn], Rows | None]
"""The attributes of a catalogue, and the rows that are counted, by default all."""


def attribute_facets(parts: Sequence[Part]) -> dict[str, AttributeFacet]:
    """Count the values of the attributes in the rows of some catalogues; an attribute without any is left out.

    Where catalogues declare an attribute otherwise, the first one's declaration counts.
    """
    names = dict.fromkeys(name for columns, _ in parts for name in columns)
    found = ((name, _facet([(columns[name], rows) for columns, rows in parts if name in columns])) for name in names)
    return {name: facet for name, facet in found if facet is not None}


def _facet(parts: Sequence[tuple[AttributeColumn, Rows | None]]) -> AttributeFacet | None:
    attribute = parts[0][0].attribute
    same = [(column, rows) for column, rows in parts if column.attribute.type == attribute.type]
    shown = {"type": attribute.type, "unit": attribute.unit or None, "newest": attribute.newest}
    labels = [(column, rows) for column, rows in same if isinstance(column, LabelColumn)]
    if labels:
        counts = _sum([column.counts(rows) for column, rows in labels])
        return AttributeFacet(**shown, values=counts) if counts else None
    numbers = [_known(column, rows) for column, rows in same if isinstance(column, NumberColumn)]
    values = np.concatenate(numbers) if numbers else np.zeros(0)
    if not len(values):
        return None
    if attribute.type == "boolean":
        return AttributeFacet(**shown, values=list(_truths(values)))
    bins = [Bin(min=_end(attribute, part[0]), max=_end(attribute, part[-1]), count=len(part)) for part in _bins(values)]
    return AttributeFacet(**shown, min=bins[0].min, max=bins[-1].max, histogram=bins)


def _known(column: NumberColumn, rows: Rows | None) -> Numbers:
    numbers = column.numbers if rows is None else column.numbers[rows]
    known: Numbers = numbers[~np.isnan(numbers)]
    return known


def _sum(parts: Sequence[Sequence[Count]]) -> list[Count]:
    if len(parts) == 1:
        return list(parts[0])
    totals: dict[str, Count] = {}
    for count in (count for part in parts for count in part):
        known = totals.get(folded(count.value), Count(value=count.value, count=0))
        totals[folded(count.value)] = Count(value=known.value, count=known.count + count.count)
    return sorted(totals.values(), key=lambda count: -count.count)


def _truths(values: Numbers) -> Iterator[Count]:
    for value, name in ((1, "true"), (0, "false")):
        if count := int((values == value).sum()):
            yield Count(value=name, count=count)


def _bins(values: Numbers) -> Iterator[Numbers]:
    """Yield the values, at least one, in the parts of a histogram that have some, each sorted."""
    ordered = np.sort(values)
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-np.inf))]
    edges = distinct if len(distinct) <= BINS else np.linspace(ordered[0], ordered[-1], BINS + 1)[:-1]
    starts = np.searchsorted(ordered, edges)
    yield from (part for part in np.split(ordered, starts[1:]) if len(part))


def _end(attribute: Attribute, number: float) -> float | str:
    """Return an end of a range, such that a filter with it finds the same values."""
    return iso_time(int(number)) if attribute.type == "time" else float(number)
