"""Split of the products for encoders of texts and images: what reads or looks the same is on one side of it."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.data.contract.splits import position
from vitrine.data.images.image_root import Folder
from vitrine.data.images.near_duplicates import COLORS, Groups, image_hash, join_groups, near_duplicate_groups
from vitrine.data.images.parallel_reading import UnreadableImage, read_images

SALT: Final = "products"
HELD_OUT: Final = 0.2
"""Share of the products that are held out: a half to choose by, and a half to measure with."""
LARGEST: Final = 10
"""Products of one position that are held out in any case; in a large catalogue, half of the held-out share are."""
REPORTED: Final = 1_000
"""Images that are read between two reports of the progress."""


class ProductSplit(IntEnum):
    """The part of the products that one belongs to."""

    TRAIN = 0
    VALIDATION = 1
    TEST = 2


def split_products(positions: npt.NDArray[np.float64], held_out: float = HELD_OUT) -> npt.NDArray[np.int64]:
    """Return the `ProductSplit` of products, int64 [N], by their positions, [N]: the lowest ones are held out.

    A position that too many products have, such as that of one placeholder for all missing images, is not held out.
    """
    _, own, count = np.unique(positions, return_inverse=True, return_counts=True)
    usual = count[own] <= max(LARGEST, held_out / 2 * len(positions))
    test, validation = usual & (positions < held_out / 2), usual & (positions < held_out)
    return np.where(test, ProductSplit.TEST, np.where(validation, ProductSplit.VALIDATION, ProductSplit.TRAIN))


def product_positions(
    ids: Sequence[str], texts: Sequence[Sequence[str]], images: Sequence[Sequence[str]], image_root: Folder
) -> npt.NDArray[np.float64]:
    """Return each product's position in the split, float64 [N] in [0, 1), by a stable hash.

    Products with a text in common, in any case, and those with near-duplicate images, have the same position: that of
    the first id among them.

    Args:
        ids: of N products.
        texts: the texts that name each product, such as its title and the text of the run's fields; "" for none.
        images: the paths of each product's images; an image that cannot be read counts as missing.
        image_root: the start of relative paths.
    """
    groups = join_groups(_text_groups(texts), _image_groups(images, image_root))
    order = np.argsort(np.asarray(ids, object), kind="stable")
    _, first = np.unique(groups[order], return_index=True)
    positions = np.array([position(ids[row], SALT) for row in order[first]])
    return positions[groups]


def _text_groups(texts: Sequence[Sequence[str]]) -> Groups:
    """Return the groups of products that a text joins, -1 for a product without a text."""
    numbers: dict[str, int] = {}
    keys = [[" ".join(text.casefold().split()) for text in own] for own in texts]
    named = [[numbers.setdefault(key, len(numbers)) for key in own if key] for own in keys]
    return _joined(named, np.array([number for own in named for number in own], np.int64))


def _image_groups(images: Sequence[Sequence[str]], image_root: Folder) -> Groups:
    """Return the groups of products that near-duplicate images join, -1 for a product without an image."""
    paths = list(dict.fromkeys(path for listed in images for path in listed))
    place = {path: number for number, path in enumerate(paths)}
    hashes, readable = np.zeros(len(paths), np.uint64), np.zeros(len(paths), bool)
    colors = np.zeros((len(paths), COLORS), np.uint8)
    for number, result in enumerate(read_images(paths, image_root, image_hash)):
        if not isinstance(result, UnreadableImage):
            (hashes[number], colors[number]), readable[number] = result, True
        if number % REPORTED == 0:
            progress.report("hashing images", number, len(paths))
    group = np.full(len(paths), -1)
    group[readable] = near_duplicate_groups(hashes[readable], colors[readable])
    of_image = group[[place[path] for listed in images for path in listed]] if paths else group
    return _joined(images, of_image)


def _joined(things: Sequence[Sequence[object]], group: Groups) -> Groups:
    """Return the groups of N products that the groups of their things join, -1 for a product without a thing.

    `group` has that of each thing, one product after the other.
    """
    product = np.repeat(np.arange(len(things)), [len(own) for own in things])
    groups = np.full(len(things), -1)
    groups[product] = join_groups(product, group)
    return groups
