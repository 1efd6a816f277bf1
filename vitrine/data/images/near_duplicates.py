"""Groups of near-duplicate images, which belong on one side of a split: one photograph in two sizes is no new one."""

import itertools
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

MAX_DISTANCE: Final = 4
"""Bits of 64 in which the hashes of near-duplicates differ at most: resizing and compression change about two."""
SIDE: Final = 32
"""Pixels of the square whose frequencies are hashed."""
LOW: Final = 8
"""Lowest frequencies of each direction that are hashed."""
BITS: Final = LOW * LOW
THUMBNAIL: Final = 8
"""Pixels of the side of the thumbnails whose colours are compared."""
COLORS: Final = 3 * THUMBNAIL**2
MAX_COLOR: Final = 6.0
"""Mean difference, of 255, of the colours of near-duplicates at most: a product in another colour has another image."""

Hashes = npt.NDArray[np.uint64]
Colors = npt.NDArray[np.uint8]
Groups = npt.NDArray[np.int64]


class ImageHash(NamedTuple):
    """The look of an image: `bits` in grey, and `colors`, uint8 [`COLORS`], of a thumbnail."""

    bits: np.uint64
    colors: Colors


def image_hash(image: Image.Image) -> ImageHash:
    """Return the perceptual hash of an image: the signs of the 64 lowest frequencies of its luminance to their median.

    Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2.1. The mean
    luminance is no frequency, and does not count. An image of one colour has the bits 0.
    """
    from scipy.fft import dctn  # type: ignore[import-untyped]

    pixels = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float64)
    frequencies = dctn(pixels, norm="ortho")[:LOW, :LOW].ravel().round(6)  # without rounding, one colour has noise
    frequencies[0] = np.median(frequencies[1:])
    above = np.packbits(frequencies > frequencies[0])
    thumbnail = image.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return ImageHash(np.uint64(int.from_bytes(above.tobytes())), np.asarray(thumbnail).ravel())


def near_duplicate_groups(hashes: Hashes, colors: Colors, distance: int = MAX_DISTANCE) -> Groups:
    """Group images, int64 [N], numbered from 0 by their first images.

    Two images are in one group if the bits of their hashes, uint64 [N], differ in at most `distance` places, and their
    `colors`, uint8 [N, `COLORS`], by `MAX_COLOR` at most; or if a chain of such images joins them.
    """
    rows = np.concatenate([hashes.reshape(-1, 1).view(np.uint8), colors], axis=1)
    _, first, image = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    distinct, color = hashes[first], colors[first].astype(np.int16)
    pairs = [np.empty((0, 2), np.int64)]
    for near in _near_pairs(distinct, distance):
        difference = np.abs(color[near[:, 0]] - color[near[:, 1]]).mean(axis=1)
        pairs.append(near[difference <= MAX_COLOR])
    return _numbered(_components(np.concatenate(pairs), len(distinct))[image])


def join_groups(*groups: Groups) -> Groups:
    """Group again what any of several groupings of the same N things holds together, int64 [N], numbered from 0.

    Args:
        groups: int64 [N] each; things with a negative number are in none of that grouping's groups.
    """
    count = len(groups[0])
    edges, nodes = [np.empty((0, 2), np.int64)], count
    for group in groups:
        member = np.flatnonzero(group >= 0)
        edges.append(np.stack([member, nodes + group[member]], axis=1))
        nodes += int(group.max(initial=-1)) + 1
    return _numbered(_components(np.concatenate(edges), nodes)[:count])


def _near_pairs(hashes: Hashes, distance: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the pairs, int64 [P, 2], of hashes with at most `distance` different bits.

    These bits are in at most `distance` of `distance + 1` parts of the hash, so that one part at least is equal: only
    hashes with an equal part are compared.
    """
    bounds = np.linspace(0, BITS, distance + 2).astype(np.int64)
    for low, high in itertools.pairwise(bounds):
        part = (hashes >> np.uint64(low)) & np.uint64(2 ** int(high - low) - 1)
        order = np.argsort(part, kind="stable")
        first = np.arange(len(hashes))
        for step in range(1, len(hashes)):
            first = first[first + step < len(hashes)]
            first = first[part[order[first]] == part[order[first + step]]]
            if not len(first):
                break
            left, right = order[first], order[first + step]
            near = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance
            yield np.stack([left[near], right[near]], axis=1)


def _components(edges: npt.NDArray[np.int64], nodes: int) -> Groups:
    """Return the connected component of each node, int64 [`nodes`], of a graph with `edges`, int64 [E, 2]."""
    from scipy.sparse import coo_array  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

    graph = coo_array((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(nodes, nodes))
    component: Groups = connected_components(graph, directed=False)[1].astype(np.int64)
    return component


def _numbered(group: Groups) -> Groups:
    """Return the groups numbered in the order in which they first occur."""
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    place: Groups = np.argsort(np.argsort(first))[number]
    return place
