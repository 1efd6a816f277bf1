"""Split of products: those that are fitted, those that choose, and those that decide."""

from typing import Final, NamedTuple

import numpy as np

from vitrine.data.contract.splits import position
from vitrine.errors import DataError
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.judged_texts import Rows

MIN_PRODUCTS: Final = 10
"""Smallest number of products that are fitted, that choose, and that decide."""


class Split(NamedTuple):
    """Rows of products with a text and an image, in ascending order. No group of products is in two parts."""

    fitting: Rows
    choosing: Rows
    deciding: Rows


def split(products: Products, share: float, most: int) -> Split:
    """Hold out about `share` of the products, `most` at most, by groups of products that share a text or an image.

    Groups come in the order of a hash of their first product's id. One that is larger than what is still to be held out
    is fitted.

    Raises:
        DataError: too few products have a text and an image, or too many of them are alike.
    """
    complete = products.complete()
    wanted = [max(MIN_PRODUCTS, round(min(share * len(complete), most) / 2))] * 2
    parts: list[list[Rows]] = [[], [], []]
    members = sorted(
        _members(products, complete), key=lambda rows: position(products.ids[int(rows[0])], "tuning products")
    )
    for rows in members:
        part = int(np.argmax(wanted)) if len(rows) <= max(wanted) else 2
        parts[part].append(rows)
        if part < 2:
            wanted[part] -= len(rows)
    choosing, deciding, fitting = (np.sort(np.concatenate([np.empty(0, np.int64), *part])) for part in parts)
    if min(map(len, (fitting, choosing, deciding))) < MIN_PRODUCTS:
        raise DataError(
            f"{len(complete)} products have a text and a readable image, {len(members)} of them unlike each other, too "
            f"few to tune an encoder on: {MIN_PRODUCTS} are held out to choose, and {MIN_PRODUCTS} to decide; check "
            "data.image_root, or set encoder.training.mode=none"
        )
    return Split(fitting, choosing, deciding)


def _members(products: Products, rows: Rows) -> list[Rows]:
    order = rows[np.argsort(products.group[rows], kind="stable")]
    return [part for part in np.split(order, np.flatnonzero(np.diff(products.group[order])) + 1) if len(part)]
