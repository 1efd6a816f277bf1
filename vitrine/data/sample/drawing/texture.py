"""Textures: squares of a product's colour and pattern, which fill the shapes."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from vitrine.data.sample.attributes import COLOUR, PLAIN, RGB

_POLLEN: Final = (244, 190, 40)


def texture(colour: str, pattern: str | None, size: int, rng: np.random.Generator) -> Image.Image:
    """Draw an RGBA square of `size` pixels in a shade of `colour`, with `pattern`, if any, in the colour's ink."""
    paint = shade(COLOUR[colour].paint, float(rng.uniform(-0.07, 0.07)))
    image = Image.new("RGBA", (size, size), paint)
    draw_pattern = _PATTERNS.get(pattern or PLAIN)
    if draw_pattern is not None:
        draw_pattern(ImageDraw.Draw(image), size, paint, COLOUR[colour].ink, rng)
    return image


def shade(colour: RGB, amount: float) -> RGB:
    """Mix `colour` with a share of white (`amount` > 0) or of black (`amount` < 0)."""
    target = 255 if amount > 0 else 0
    red, green, blue = (round(channel + (target - channel) * abs(amount)) for channel in colour)
    return red, green, blue


def _stripes(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    for start in range(_phase(rng) - 30, size, 30):
        draw.rectangle((0, start, size, start + 12), fill=ink)


def _dots(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    shift, radius = _phase(rng), 8
    for row, y in enumerate(range(shift, size + 24, 24)):
        for x in range(shift + (row % 2) * 15, size + 30, 30):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ink)


def _checks(draw: ImageDraw.ImageDraw, size: int, paint: RGB, ink: RGB, rng: np.random.Generator) -> None:
    shift, cell = _phase(rng), 20
    between = tuple((a * 3 + b) // 4 for a, b in zip(paint, ink, strict=True))
    for row, y in enumerate(range(shift - cell, size, cell)):
        for column, x in enumerate(range(shift - cell, size, cell)):
            if (row + column) % 2 == 0:
                draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill=ink if row % 2 else between)


def _flowers(draw: ImageDraw.ImageDraw, size: int, _: RGB, ink: RGB, rng: np.random.Generator) -> None:
    shift, period, petal = _phase(rng), 42, 8.0
    for row, y in enumerate(range(shift + period // 3, size + period, period)):
        for x in range(shift + (row % 2) * period // 2, size + period, period):
            turn = rng.uniform(0, math.tau)
            for angle in (turn + math.tau * k / 5 for k in range(5)):
                left, top = x + 9 * math.cos(angle) - petal, y + 9 * math.sin(angle) - petal
                draw.ellipse((left, top, left + 2 * petal, top + 2 * petal), fill=ink)
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=_POLLEN)


def _phase(rng: np.random.Generator) -> int:
    """Return a pattern's start in pixels, nearly the same on all products, as on fabric from one printer."""
    return int(rng.integers(0, 5))


_PATTERNS: Final[dict[str, Callable[[ImageDraw.ImageDraw, int, RGB, RGB, np.random.Generator], None]]] = {
    "striped": _stripes,
    "dotted": _dots,
    "checked": _checks,
    "floral": _flowers,
}
