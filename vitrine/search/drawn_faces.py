"""The detection of drawn faces: a round area of one colour with two like marks above and a wide one below them.

Statistics of pixels cannot tell a smiley from a clock, so this looks at the layout. Photographs of faces have no area
of one colour, and are not found. Imports nothing heavy.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE: Final = 96
"""Pixels of a side of the reduced image."""
COLOURS: Final = 12
SMALLEST_HEAD: Final = 0.05
"""Share of the image."""
MAX_MARKS: Final = 8
"""Number of marks in a face; more are a texture or the figures of a clock."""
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def shows_drawn_face(image: Image.Image) -> bool:
    """Return whether an RGB image shows a drawn face, large enough and on a ground of another colour."""
    from scipy import ndimage  # type: ignore[import-untyped]

    reduced = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    colours = np.asarray(reduced.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))
    for colour in np.unique(colours):
        areas, _ = ndimage.label(colours == colour)
        sizes = np.bincount(areas.ravel())
        sizes[0] = 0  # the other colours
        windows = ndimage.find_objects(areas)
        for area in np.flatnonzero(sizes > SMALLEST_HEAD * areas.size):
            skin: Mask = areas[windows[area - 1]] == area
            head: Mask = ndimage.binary_fill_holes(skin)
            if _is_round(head) and _has_features(head & ~skin):
                return True
    return False


def _is_round(head: Mask) -> bool:
    """Return whether a mask is about the ellipse in its bounding box."""
    high, wide = head.shape
    down, across = (np.linspace(-1, 1, side) for side in head.shape)
    ellipse = down[:, np.newaxis] ** 2 + across**2 <= 1
    return 0.6 < wide / high < 1.5 and float((head & ellipse).sum()) > 0.9 * float((head | ellipse).sum())


def _has_features(holes: Mask) -> bool:
    """Return whether two holes [H, W] in a head are like eyes, and one is like a mouth."""
    from scipy import ndimage

    marks, count = ndimage.label(holes, np.ones((3, 3), int))
    if not 3 <= count <= MAX_MARKS:
        return False
    windows = ndimage.find_objects(marks)
    edges = np.array([[(side.start, side.stop) for side in window] for window in windows], float)
    half = np.array(holes.shape)[:, np.newaxis] / 2
    edges = edges / half - 1  # [marks, down or across, start or end], from -1 to 1
    place, size = edges.mean(axis=2), np.ptp(edges, axis=2)
    down, across, wide = place[:, 0], place[:, 1], size[:, 1]
    lying = wide * holes.shape[1] > 1.4 * size[:, 0] * holes.shape[0]
    eyes = np.flatnonzero((down > -0.75) & (down < 0.1) & (size.min(axis=1) > 0.04) & (size.max(axis=1) < 0.6))
    mouths = np.flatnonzero((down > 0.1) & (down < 0.85) & (np.abs(across) < 0.2) & lying)
    return any(
        _are_eyes(place[[left, right]], size[[left, right]])
        and any(wide[mouth] > max(0.4, wide[left], wide[right]) for mouth in mouths)
        for left in eyes
        for right in eyes
        if across[left] < across[right]
    )


def _are_eyes(place: Floats, size: Floats) -> bool:
    """Return whether two marks are level, symmetric about the middle, apart, and of like size."""
    (down, across), ratio = np.diff(place, axis=0)[0], size.max(axis=0) / size.min(axis=0)
    return bool(abs(down) < 0.15 and abs(place[:, 1].sum()) < 0.25 and across > 0.3 and ratio.max() < 1.6)
