"""Split of products: those that are fitted, those that choose, and those that decide."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vitrine.errors import DataError
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.judged_texts import Rows

MIN_PRODUCTS: Final = 10
"""Smallest number of products that are fitted, that choose, and that decide."""


class Split(NamedTuple):
    """Rows of products with a text and an image. No two with the same position are in two parts."""

    fitting: Rows
    choosing: Rows
    deciding: Rows


def split(products: Products, share: float) -> Split:
    """Hold out about `share` of the products, those with the lowest positions; products of one position together.

    They are those that `vitrine benchmark --encoders` measures with, so it measures with products that a tuning has
    not seen. A position that more than half of `share` have, such as that of one image for all, is fitted.

    Raises:
        DataError: too few products have a text and an image, or too many of them are alike.
    """
    complete = products.complete()
    place, own, count = np.unique(products.position[complete], return_inverse=True, return_counts=True)
    frequent = count[own] > max(MIN_PRODUCTS, share * len(complete) / 2)
    order = complete[~frequent][np.argsort(products.position[complete[~frequent]], kind="stable")]
    position = products.position[order]
    decided = _end(position, share / 2, MIN_PRODUCTS)
    chosen = _end(position, share, decided + MIN_PRODUCTS)
    parts = Split(np.sort(np.concatenate([order[chosen:], complete[frequent]])), order[decided:chosen], order[:decided])
    if min(map(len, parts)) < MIN_PRODUCTS:
        raise DataError(
            f"{len(complete)} products have a text and a readable image, {len(place)} of them unlike each other, too "
            f"few to tune an encoder on: {MIN_PRODUCTS} are held out to choose, and {MIN_PRODUCTS} to decide; check "
            "data.image_root, or set encoder.training.mode=none"
        )
    return parts


def _end(position: npt.NDArray[np.float64], bound: float, least: int) -> int:
    """Return the number of ascending positions that are below `bound`, `least` at least, and all equal ones."""
    number = max(int(np.searchsorted(position, bound)), least)
    if number >= len(position):
        return len(position)
    return int(np.searchsorted(position, position[number - 1], side="right"))
