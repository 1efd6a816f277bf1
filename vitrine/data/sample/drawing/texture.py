"""Textures: a square of a product's colour with its pattern, which the shapes are cut from."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from vitrine.data.sample.attributes import COLOUR, PLAIN, RGB

_POLLEN: Final = (244, 190, 40)


def texture(colour: str, pattern: str | None, size: int, rng: np.random.Generator) -> Image.Image:
    """An RGBA square of `size` pixels in a shade of `colour`, with `pattern`, if any, in the colour's ink."""
    paint = shade(COLOUR[colour].paint, float(rng.uniform(-0.07, 0.07)))
    image = Image.new("RGBA", (size, size), paint)
    draw_pattern = _PATTERNS.get(pattern or PLAIN)
    if draw_pattern is not None:
        draw_pattern(ImageDraw.Draw(image), size, paint, COLOUR[colour].ink, rng)
    return image


def shade(colour: RGB, amount: float) -> RGB:
    """`colour` moved towards white (`amount` > 0) or black (< 0) by that share, 0 to 1."""
    target = 255 if amount > 0 else 0
    red, green, blue = (round(channel + (target - channel) * abs(amount)) for channel in colour)
    return red, green, blue


def _stripes(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    period, offset = int(rng.integers(26, 33)), int(rng.integers(0, 26))
    upright = rng.random() < 0.3
    for start in range(-offset, size, period):
        end = start + round(period * 0.42)
        draw.rectangle((start, 0, end, size) if upright else (0, start, size, end), fill=ink)


def _dots(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    period = int(rng.integers(28, 34))
    radius, shift = period * 0.28, int(rng.integers(0, period))
    for row, y in enumerate(range(-shift, size + period, round(period * 0.8))):
        for x in range(-shift + (row % 2) * period // 2, size + period, period):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def _checks(draw: ImageDraw.ImageDraw, size: int, paint: RGB, ink: RGB, rng: np.random.Generator) -> None:
    cell, shift = int(rng.integers(17, 22)), int(rng.integers(0, 17))
    between = tuple((a * 3 + b) // 4 for a, b in zip(paint, ink, strict=True))
    for row, y in enumerate(range(-shift, size, cell)):
        for column, x in enumerate(range(-shift, size, cell)):
            if (row + column) % 2 == 0:
                draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill=ink if row % 2 else between)


def _flowers(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    period, petal = int(rng.integers(38, 44)), 8.0
    for row, y in enumerate(range(period // 3, size + period, period)):
        for x in range((row % 2) * period // 2, size + period, period):
            centre_x, centre_y, turn = x + rng.uniform(-4, 4), y + rng.uniform(-4, 4), rng.uniform(0, math.tau)
            for angle in (turn + math.tau * k / 5 for k in range(5)):
                left, top = centre_x + 9 * math.cos(angle) - petal, centre_y + 9 * math.sin(angle) - petal
                draw.ellipse((left, top, left + 2 * petal, top + 2 * petal), fill=ink)
            draw.ellipse((centre_x - 5, centre_y - 5, centre_x + 5, centre_y + 5), fill=_POLLEN)


_PATTERNS: Final[dict[str, Callable[[ImageDraw.ImageDraw, int, RGB, RGB, np.random.Generator], None]]] = {
    "striped": _stripes,
    "dotted": _dots,
    "checked": _checks,
    "floral": _flowers,
}
