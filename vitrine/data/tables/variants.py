"""Rows of one product made one: variants, further images and translations, as exports list them."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vitrine.data.attributes.cells import list_values
from vitrine.data.columns import CURRENCY, IMAGE, PRICE, PRODUCT_ID, VIEWS
from vitrine.data.images.additional_images import format_views, product_images
from vitrine.data.tables.matching import key

COLOURS: Final = {"color", "colour", "colors", "colours", "farbe", "couleur", "colore", "kleur", "cor", "kolor", "farg"}
"""Names of options that are colours."""

NO_OPTION: Final = {("title", "defaulttitle")}
"""Name and value that Shopify writes for a product without options."""

POSITION: Final = "image_position"
"""Column of the order of a row's image among those of its product."""


def option_columns(count: int) -> list[tuple[str, str]]:
    """Return the columns of the names and values of `count` options of a row."""
    return [(f"option_{number}_name", f"option_{number}_value") for number in range(1, count + 1)]


def merge_variants(
    table: pa.Table, rows: pa.Array, options: Sequence[tuple[str, str]] = (), listed: Sequence[str] = ()
) -> tuple[pa.Table, pa.Array]:
    """Merge the rows of each `product_id`, which need not follow each other, in the order of their first rows.

    A text is the first that is not empty, the price the lowest, with its currency; the images are those of all rows.
    Of the columns `options`, colours become the `color` of products without one, and all are added to `description`.
    Of the columns `listed`, all values are kept, as a JSON list.
    """
    table = table.combine_chunks()
    codes = table[PRODUCT_ID].combine_chunks().dictionary_encode().indices.to_numpy()
    count = int(codes.max(initial=-1)) + 1
    merged = {name: _first_filled(table[name], codes, count) for name in table.column_names}
    cheapest = _cheapest(table[PRICE], codes, count)
    for name in (PRICE, CURRENCY):
        merged[name] = _at(table[name], cheapest)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(count + 1))
    groups = [order[start:end] for start, end in pairwise(starts)]
    merged[IMAGE], merged[VIEWS] = _images(table, groups)
    if options:
        merged["color"], merged["description"] = _options(table, merged, groups, options)
    for name in listed:
        merged[name] = _listed(table[name].to_pylist(), groups)
    first_rows = rows.take(pa.array(np.array([group[0] for group in groups], np.int64)))
    return pa.table({name: merged[name] for name in table.column_names}, schema=table.schema), first_rows


def _listed(cells: Sequence[str], groups: Sequence[NDArray[np.int64]]) -> pa.Array:
    """Return the distinct values of each group's cells as a JSON list, "" without any."""
    found = (list(dict.fromkeys(value for row in group for value in list_values(cells[row]))) for group in groups)
    return pa.array([json.dumps(values, ensure_ascii=False) if values else "" for values in found], pa.string())


def _first_filled(column: pa.ChunkedArray, codes: NDArray[np.int32], count: int) -> pa.Array:
    filled = np.flatnonzero(np.asarray(pc.not_equal(column, "")))
    found, places = np.unique(codes[filled], return_index=True)
    first = np.full(count, -1, np.int64)
    first[found] = filled[places]
    return _at(column, first)


def _at(column: pa.ChunkedArray, places: NDArray[np.int64]) -> pa.Array:
    """Return the values at `places` [N], "" at -1."""
    taken = column.combine_chunks().take(pa.array(places, mask=places < 0))
    return pc.fill_null(taken, "")


def _cheapest(prices: pa.ChunkedArray, codes: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    filled = np.flatnonzero(np.asarray(pc.not_equal(prices, "")))
    values = np.asarray(prices.take(pa.array(filled)).cast(pa.float64()))
    order = filled[np.lexsort((values, codes[filled]))]
    found, places = np.unique(codes[order], return_index=True)
    cheapest = np.full(count, -1, np.int64)
    cheapest[found] = order[places]
    return cheapest


def _images(table: pa.Table, groups: Sequence[NDArray[np.int64]]) -> tuple[pa.Array, pa.Array]:
    firsts, others = table[IMAGE].to_pylist(), table[VIEWS].to_pylist()
    positions = table[POSITION].to_pylist() if POSITION in table.column_names else None
    images, views = [], []
    for group in groups:
        ordered = group.tolist()
        if positions:
            ordered.sort(key=lambda row: int(positions[row]) if positions[row].isdecimal() else 1 << 30)
        listed = list(
            dict.fromkeys(image for row in ordered for image in product_images(firsts[row], others[row], None))
        )
        images.append(listed[0] if listed else "")
        views.append(format_views(listed[1:]))
    return pa.array(images, pa.string()), pa.array(views, pa.string())


def _options(
    table: pa.Table,
    merged: dict[str, pa.Array],
    groups: Sequence[NDArray[np.int64]],
    options: Sequence[tuple[str, str]],
) -> tuple[pa.Array, pa.Array]:
    columns = [(table[name].to_pylist(), table[value].to_pylist()) for name, value in options]
    colours, descriptions = merged["color"].to_pylist(), merged["description"].to_pylist()
    for product, group in enumerate(groups):
        found: dict[str, dict[str, None]] = {}
        for names, values in columns:
            given = next((names[row] for row in group if names[row]), "")
            for row in group:
                name, value = names[row] or given, values[row]
                if name and value and (key(name), key(value)) not in NO_OPTION:
                    found.setdefault(name, {}).update(dict.fromkeys(part.strip() for part in value.split(", ")))
        if not found:
            continue
        listed = [f"{name}: {', '.join(values)}." for name, values in found.items()]
        descriptions[product] = " ".join(filter(None, [descriptions[product], *listed]))
        colour = next((values for name, values in found.items() if key(name) in COLOURS), {})
        colours[product] = colours[product] or ", ".join(colour)
    return pa.array(colours, pa.string()), pa.array(descriptions, pa.string())
