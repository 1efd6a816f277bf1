"""Facets of attributes: counts of values, and ranges of numbers and times, such that filters find what is counted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.times import iso_time
from vitrine.features.filter_columns import folded
from vitrine.gateway.catalogue.attribute_columns import AttributeColumn, LabelColumn, NumberColumn, Numbers
from vitrine.gateway.catalogue.facet_column import Rows
from vitrine.gateway.schemas.facets import AttributeFacet, Bin, Count

BINS: Final = 10
"""Maximum number of ranges of a histogram."""
MOST_PARTS: Final = 1 << 20
"""More than there are catalogues."""


class Part(NamedTuple):
    """The attributes of a catalogue, the rows that are counted, by default all, and the product that each belongs to.

    Rows of one product count once.
    """

    columns: Mapping[str, AttributeColumn]
    rows: Rows | None = None
    products: Rows | None = None


def attribute_facets(parts: Sequence[Part]) -> dict[str, AttributeFacet]:
    """Count the values of the attributes in the rows of some catalogues; an attribute without any is left out.

    So is the id that groups variants, which says nothing to shoppers.

    Where catalogues declare an attribute otherwise, the first one's declaration counts.
    """
    names = dict.fromkeys(name for part in parts for name in part.columns)
    parts_of = {name: [part for part in parts if name in part.columns] for name in names}
    found = (
        (name, _facet(name, having)) for name, having in parts_of.items() if not having[0].columns[name].attribute.group
    )
    return {name: facet for name, facet in found if facet is not None}


def _facet(name: str, parts: Sequence[Part]) -> AttributeFacet | None:
    attribute = parts[0].columns[name].attribute
    same = [(part.columns[name], part) for part in parts if part.columns[name].attribute.type == attribute.type]
    shown = {"type": attribute.type, "unit": attribute.unit or None, "newest": attribute.newest}
    labels = [(column, part) for column, part in same if isinstance(column, LabelColumn)]
    if labels:
        counts = _sum([column.counts(part.rows, part.products) for column, part in labels])
        return AttributeFacet(**shown, values=counts) if counts else None
    known = [
        _known(column, part, number) for number, (column, part) in enumerate(same) if isinstance(column, NumberColumn)
    ]
    if not any(len(numbers) for numbers, _ in known):
        return None
    values = np.concatenate([numbers for numbers, _ in known])
    products = np.concatenate([owners for _, owners in known])
    if attribute.type == "boolean":
        return AttributeFacet(**shown, values=list(_truths(values, products)))
    bins = [
        Bin(min=_end(attribute, values[first]), max=_end(attribute, values[last]), count=_distinct(products[part]))
        for part in _bins(values)
        for first, last in [(part[0], part[-1])]
    ]
    return AttributeFacet(**shown, min=bins[0].min, max=bins[-1].max, histogram=bins)


def histogram(parts: Sequence[Part]) -> list[Bin]:
    """Return the histogram of the only column of the parts, which has numbers; empty if none is known."""
    return [part for facet in attribute_facets(parts).values() for part in facet.histogram]


def _known(column: NumberColumn, part: Part, number: int) -> tuple[Numbers, Rows]:
    """Return the numbers that are known, and the product that each belongs to, with the numbers of the parts in it."""
    numbers = column.numbers if part.rows is None else column.numbers[part.rows]
    products = np.arange(len(numbers)) if part.products is None else part.products
    is_known = ~np.isnan(numbers)
    return numbers[is_known], products[is_known] * MOST_PARTS + number


def _distinct(products: Rows) -> int:
    return len(np.unique(products))


def _sum(parts: Sequence[Sequence[Count]]) -> list[Count]:
    if len(parts) == 1:
        return list(parts[0])
    totals: dict[str, Count] = {}
    for count in (count for part in parts for count in part):
        known = totals.get(folded(count.value), Count(value=count.value, count=0))
        totals[folded(count.value)] = Count(value=known.value, count=known.count + count.count)
    return sorted(totals.values(), key=lambda count: -count.count)


def _truths(values: Numbers, products: Rows) -> Iterator[Count]:
    for value, name in ((1, "true"), (0, "false")):
        if count := _distinct(products[values == value]):
            yield Count(value=name, count=count)


def _bins(values: Numbers) -> Iterator[Rows]:
    """Yield the places of the values, at least one, in the parts of a histogram that have some, each in order."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    distinct = ordered[np.flatnonzero(np.diff(ordered, prepend=-np.inf))]
    edges = distinct if len(distinct) <= BINS else np.linspace(ordered[0], ordered[-1], BINS + 1)[:-1]
    starts = np.searchsorted(ordered, edges)
    yield from (part for part in np.split(order, starts[1:]) if len(part))


def _end(attribute: Attribute, number: float) -> float | str:
    """Return an end of a range, such that a filter with it finds the same values."""
    return iso_time(int(number)) if attribute.type == "time" else float(number)
