"""Flat drawings of things that do not exist: a body with parts, as every drawn product is, whatever the hand.

A catalogue has one style, and its images teach a detector of junk images to refuse the others. Random layouts of parts
are no product in particular, and stand for all of them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from vitrine.search.build.junk_images import SIDE, Colour, random_colour

Points = npt.NDArray[np.float64]
PAPER: Final = (0.4, 0.7, 0.85)
"""Cumulative shares of papers that are white, light and of any colour; the others have two, as wall and table."""

DOTTED: Final = 0.1
"""Share of the figures in black and white dots, as files of one bit have them."""
PHOTOGRAPHED: Final = 0.2
"""Share of the figures in uneven light and with the noise of a camera."""


def draw_figure(rng: np.random.Generator) -> Image.Image:
    """Draw a flat thing of a body, parts on its rim and marks on it, as an RGB image."""
    image = _paper(rng)
    draw = ImageDraw.Draw(image)
    ink = random_colour(rng) if rng.random() < 0.5 else (0, 0, 0)
    width = int(rng.integers(1, 7)) if rng.random() < 0.4 else 0
    body = random_colour(rng)
    while _near(body, image.getpixel((SIDE // 2, SIDE // 2))):
        body = random_colour(rng)
    hollow = bool(width) and rng.random() < 0.3
    centre, size = rng.uniform(0.42, 0.58, 2) * SIDE, rng.uniform(0.12, 0.4, 2) * SIDE
    for _ in range(rng.integers(6)):
        angle = rng.uniform(0, 2 * np.pi)
        place = centre + size * np.array([np.cos(angle), np.sin(angle)])
        _part(draw, place, rng.uniform(0.15, 0.7, 2) * size, _tone(body, rng), (ink, width, hollow), rng)
    _solid(draw, centre, size, body, (ink, width, hollow), rng)
    for _ in range(rng.integers(4)):
        place = centre + size * rng.uniform(-0.6, 0.6, 2)
        _part(draw, place, rng.uniform(0.05, 0.5, 2) * size, _tone(body, rng), (ink, width, hollow), rng)
    shown = rng.random()
    if shown < DOTTED:
        return image.convert("1").convert("RGB")
    return _lit_unevenly(image, rng) if shown < DOTTED + PHOTOGRAPHED else image


Pen = tuple[Colour, int, bool]
"""The colour and the width of outlines, 0 for none, and whether nothing is filled."""


def _part(
    draw: ImageDraw.ImageDraw, place: Points, size: Points, fill: Colour, pen: Pen, rng: np.random.Generator
) -> None:
    """Draw a solid, or a thin one: a straight stroke or an arc such as a handle."""
    if rng.random() < 0.5:
        return _solid(draw, place, size, fill, pen, rng)
    stroke = int(rng.uniform(0.01, 0.06) * SIDE) + 1
    if rng.random() < 0.5:
        reach = rng.normal(size=2) * size
        draw.line([*(place - reach).tolist(), *(place + reach).tolist()], fill, stroke)
    else:
        start = rng.uniform(0, 360)
        draw.arc(_box(place, size), start, start + rng.uniform(90, 360), fill, stroke)
    return None


def _solid(
    draw: ImageDraw.ImageDraw, place: Points, size: Points, fill: Colour, pen: Pen, rng: np.random.Generator
) -> None:
    ink, width, hollow = pen
    filled, outline, box = None if hollow else fill, ink if width else None, _box(place, size)
    shape = rng.integers(5)
    if shape == 0:
        draw.rectangle(box, filled, outline, width)
    elif shape == 1:
        draw.rounded_rectangle(box, float(min(size) * rng.uniform(0.1, 1)), filled, outline, width)
    elif shape == 2:
        draw.ellipse(box, filled, outline, width)
    elif shape == 3:
        start = 90.0 * int(rng.integers(4))
        draw.pieslice(box, start, start + 180, filled, outline, width)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 9))))
        corners = place + size * rng.uniform(0.6, 1.2, (len(angles), 1)) * np.stack([np.cos(angles), np.sin(angles)], 1)
        draw.polygon([tuple(corner) for corner in corners.tolist()], filled, outline, width)


def _box(place: Points, size: Points) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = (place - size).tolist(), (place + size).tolist()
    return left, top, right, bottom


def _tone(body: Colour, rng: np.random.Generator) -> Colour:
    """Return the colour of a part: the body's, a shade of it, black, white, or another."""
    share = rng.random()
    if share < 0.5:
        red, green, blue = (min(int(value * rng.uniform(0.7, 1.2)), 255) for value in body)
        return red, green, blue
    return (0, 0, 0) if share < 0.65 else (255, 255, 255) if share < 0.8 else random_colour(rng)


def _paper(rng: np.random.Generator) -> Image.Image:
    light = tuple(rng.integers(200, 256, 3).tolist())
    kind = int(np.searchsorted(PAPER, rng.random()))
    image = Image.new("RGB", (SIDE, SIDE), ((255, 255, 255), light, random_colour(rng), light)[kind])
    if kind == len(PAPER):
        image.paste(random_colour(rng), (0, int(SIDE * rng.uniform(0.5, 0.85)), SIDE, SIDE))
    return image


def _lit_unevenly(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    light = np.linspace(rng.uniform(0.5, 0.9), 1, SIDE)[np.newaxis].repeat(SIDE, axis=0)
    turned = np.rot90(light, int(rng.integers(4)))[:, :, np.newaxis]
    pixels = np.asarray(image) * turned + rng.normal(0, rng.uniform(0, 8), (SIDE, SIDE, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _near(colour: Colour, other: object) -> bool:
    return bool(np.abs(np.array(colour) - np.asarray(other)).max() < 40)
