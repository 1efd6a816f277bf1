"""A canvas whose unit is a hundredth of the image's side, and whose paint can be the product's texture."""

from collections.abc import Callable, Sequence
from typing import Final

from PIL import Image, ImageDraw

from vitrine.data.sample.attributes import RGB

SIZE: Final = 192
"""Side of the canvas in pixels: twice the image's, so that halving it smooths the edges."""

BODY: Final = "body"
"""The paint that is the product's texture; every other paint is a colour."""

TRIM: Final = "trim"
"""A darker shade of the product's colour, which sets a part off from the body without another colour."""

PAINTS: Final[dict[str, RGB]] = {
    "dark": (52, 52, 58),
    "steel": (176, 182, 190),
    "glass": (156, 200, 222),
    "paper": (246, 243, 232),
    "wood": (186, 140, 92),
    "leaf": (96, 150, 84),
    "glow": (255, 226, 120),
}
"""Paints of parts that have the same colour on every product of a category."""

Point = tuple[float, float]
Box = tuple[float, float, float, float]

_OUTLINE: Final = (24, 22, 26)
_OUTLINE_WIDTH: Final = 3
_SCALE: Final = SIZE / 100


class Canvas:
    """An RGBA layer to draw one product on. Coordinates run from 0 to 100, x to the right and y down."""

    def __init__(self, texture: Image.Image, trim: RGB) -> None:
        self.layer = Image.new("RGBA", (SIZE, SIZE), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self.layer)
        self._texture = texture
        self._paints = {**PAINTS, TRIM: trim}

    def polygon(self, points: Sequence[Point], paint: str = BODY) -> None:
        """Draw a filled polygon with an outline."""
        xy = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._fill(paint, lambda draw, colour: draw.polygon(xy, fill=colour))
        self._draw.line([*xy, xy[0], xy[1]], fill=_OUTLINE, width=_OUTLINE_WIDTH, joint="curve")

    def rectangle(self, box: Box, paint: str = BODY, radius: float = 0) -> None:
        """Draw a filled rectangle with an outline and, if `radius` > 0, round corners."""
        xy, r = _scaled(box), radius * _SCALE
        self._fill(paint, lambda draw, colour: draw.rounded_rectangle(xy, r, fill=colour))
        self._draw.rounded_rectangle(xy, r, outline=_OUTLINE, width=_OUTLINE_WIDTH)

    def ellipse(self, box: Box, paint: str = BODY) -> None:
        """Draw a filled ellipse with an outline."""
        xy = _scaled(box)
        self._fill(paint, lambda draw, colour: draw.ellipse(xy, fill=colour))
        self._draw.ellipse(xy, outline=_OUTLINE, width=_OUTLINE_WIDTH)

    def dome(self, box: Box, paint: str = BODY) -> None:
        """Draw the filled upper half of an ellipse in `box`, with an outline."""
        left, top, right, bottom = box
        xy = _scaled((left, top, right, 2 * bottom - top))
        self._fill(paint, lambda draw, colour: draw.pieslice(xy, 180, 360, fill=colour))
        self._draw.pieslice(xy, 180, 360, outline=_OUTLINE, width=_OUTLINE_WIDTH)

    def ring(self, box: Box, width: float, paint: str = BODY, start: float = 0, end: float = 360) -> None:
        """Draw a band of `width` in an ellipse, from angle `start` to `end` in degrees, clockwise from the right."""
        left, top, right, bottom = _scaled(box)
        inner, edge = round(width * _SCALE), _OUTLINE_WIDTH
        self._draw.arc((left, top, right, bottom), start - 3, end + 3, fill=_OUTLINE, width=inner + 2 * edge)
        within = (left + edge, top + edge, right - edge, bottom - edge)
        self._fill(paint, lambda draw, colour: draw.arc(within, start, end, fill=colour, width=inner))

    def line(self, points: Sequence[Point], width: float, paint: str = BODY) -> None:
        """Draw a line of `width` with round joints and ends, and an outline."""
        xy, inner = [(x * _SCALE, y * _SCALE) for x, y in points], round(width * _SCALE)
        _thick_line(self._draw, xy, inner + 2 * _OUTLINE_WIDTH, _OUTLINE)
        self._fill(paint, lambda draw, colour: _thick_line(draw, xy, inner, colour))

    def stroke(self, points: Sequence[Point], width: float = 1.5, paint: str = "") -> None:
        """Draw a thin line without an outline, for seams, spokes and strings; by default in the outline's colour."""
        xy = [(x * _SCALE, y * _SCALE) for x, y in points]
        colour = self._paints[paint] if paint else _OUTLINE
        self._draw.line(xy, fill=colour, width=round(width * _SCALE), joint="curve")

    def _fill(self, paint: str, draw: Callable[[ImageDraw.ImageDraw, RGB | int], None]) -> None:
        if paint != BODY:
            draw(self._draw, self._paints[paint])
            return
        mask = Image.new("L", (SIZE, SIZE))
        draw(ImageDraw.Draw(mask), 255)
        self.layer.paste(self._texture, mask=mask)


def _scaled(box: Box) -> Box:
    left, top, right, bottom = box
    return left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE


def _thick_line(draw: ImageDraw.ImageDraw, xy: Sequence[Point], width: int, colour: RGB | int) -> None:
    draw.line(list(xy), fill=colour, width=width, joint="curve")
    radius = width / 2 - 0.5
    for x, y in (xy[0], xy[-1]):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
