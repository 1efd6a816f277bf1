"""Images that are equal or nearly so: the same photograph, encoded, scaled or toned differently."""

import hashlib
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitrine.tuning.judged_texts import Rows

BITS: Final = 3
"""Largest number of bits in which the hashes of nearly equal images differ."""
BANDS: Final = BITS + 1
"""Parts of a hash, of which one at least is equal if `BITS` bits differ."""
COLOR: Final = 6.0
"""Largest mean difference of their colours, of 255: variants of a product in two colours are two images."""
THUMBNAIL: Final = 4
"""Side of the thumbnails whose colours are compared."""
BLOCK: Final = 256

Pixels = npt.NDArray[np.uint8]


def contents(pixels: Pixels, readable: npt.NDArray[np.bool_]) -> Rows:
    """Return the row of the first image with equal pixels for each image, int64 [I]; -1 where it is not readable."""
    first: dict[bytes, int] = {}
    rows = np.full(len(pixels), -1, np.int64)
    for row in np.flatnonzero(readable).tolist():
        rows[row] = first.setdefault(hashlib.sha256(pixels[row]).digest(), row)
    return rows


def near_duplicates(pixels: Pixels, rows: Rows) -> Rows:
    """Return the pairs of images in `rows` that are nearly the same, int64 [P, 2].

    Their hashes of gradients (dHash, 64 bits) differ in three bits at most, and their colours hardly.
    """
    hashes, colors = np.zeros(len(rows), np.uint64), np.zeros((len(rows), THUMBNAIL**2 * 3), np.float32)
    for place, row in enumerate(rows):
        image = Image.fromarray(pixels[row])
        hashes[place] = difference_hash(image)
        small = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
        colors[place] = np.asarray(small, np.float32).ravel()
    found = [pairs for members in _buckets(hashes) for pairs in _pairs(members, hashes, colors)]
    pairs = np.unique(np.concatenate([np.empty((0, 2), np.int64), *found]), axis=0)
    near: Rows = rows[pairs]
    return near


def difference_hash(image: Image.Image) -> np.uint64:
    """Return 64 bits: whether each cell of a grey 9 × 8 image is darker than the next one of its row."""
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    bits = grey[:, :-1] < grey[:, 1:]
    return np.uint64(int.from_bytes(np.packbits(bits).tobytes(), "big"))


def _buckets(hashes: npt.NDArray[np.uint64]) -> Iterator[Rows]:
    """Yield the places of hashes that have a part in common."""
    width = np.uint64(64 // BANDS)
    for band in range(BANDS):
        part = (hashes >> (np.uint64(band) * width)) & np.uint64(2 ** int(width) - 1)
        order = np.argsort(part, kind="stable")
        ends = np.flatnonzero(np.diff(part[order])) + 1
        yield from (members for members in np.split(order, ends) if len(members) > 1)


def _pairs(
    members: Rows, hashes: npt.NDArray[np.uint64], colors: npt.NDArray[np.float32]
) -> Iterator[npt.NDArray[np.int64]]:
    for start in range(0, len(members), BLOCK):
        block = members[start : start + BLOCK]
        bits = np.bitwise_count(hashes[block][:, np.newaxis] ^ hashes[members])
        first, second = np.nonzero(bits <= BITS)
        left, right = block[first], members[second]
        close = np.abs(colors[left] - colors[right]).mean(axis=1) <= COLOR
        kept = close & (left < right)
        yield np.stack([left[kept], right[kept]], axis=1)
