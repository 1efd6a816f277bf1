"""Products in flat drawings of several hands, none of them the sample's, with forms and colours that vary."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE: Final = 320
Rgb = tuple[int, int, int]
PAPERS: Final = ((255, 255, 255), (245, 245, 240), (235, 235, 235), (220, 230, 240), (30, 30, 35), (250, 225, 190))
COLOURS: Final = (
    (200, 30, 30), (30, 60, 200), (30, 160, 60), (240, 190, 40), (20, 20, 20), (240, 240, 240), (120, 70, 30),
    (230, 120, 170), (128, 128, 128), (90, 40, 130),
)  # fmt: skip


class Sheet:
    """A sheet, on which forms in units of 0 to 100 are drawn in one hand."""

    def __init__(self, style: str, rng: np.random.Generator) -> None:
        self.paper = PAPERS[int(rng.integers(len(PAPERS)))]
        pale = [c for c in COLOURS if max(abs(a - b) for a, b in zip(c, self.paper, strict=True)) > 70]
        self.colour = pale[int(rng.integers(len(pale)))]
        self.image = Image.new("RGB", (SIDE, SIDE), self.paper)
        self.draw = ImageDraw.Draw(self.image)
        self.style, self.scale = style, SIDE / 100
        self.shift = rng.uniform(-4, 4, 2)
        self.zoom = rng.uniform(0.8, 1.05, 2)

    def _ink(self, shade: float) -> tuple[Rgb | None, Rgb | None, int]:
        red, green, blue = (min(int(v * shade), 255) for v in self.colour)
        dark = (235, 235, 235) if sum(self.paper) < 200 else (25, 25, 25)
        if self.style == "line":
            return None, dark, 5
        return (red, green, blue), dark if self.style == "comic" else None, 5 if self.style == "comic" else 0

    def _place(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        moved = ((np.array(points) - 50) * self.zoom + 50 + self.shift) * self.scale
        return [(float(x), float(y)) for x, y in moved]

    def _box(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        (left, top), (right, bottom) = self._place([box[:2], box[2:]])
        return left, top, right, bottom

    def oval(self, box: tuple[float, float, float, float], shade: float = 1.0) -> None:
        self.draw.ellipse(self._box(box), *self._ink(shade))

    def block(self, box: tuple[float, float, float, float], shade: float = 1.0) -> None:
        self.draw.rectangle(self._box(box), *self._ink(shade))

    def polygon(self, points: list[tuple[float, float]], shade: float = 1.0) -> None:
        fill, outline, width = self._ink(shade)
        self.draw.polygon(self._place(points), fill, outline, width or 1)

    def slice(self, box: tuple[float, float, float, float], start: float, end: float) -> None:
        self.draw.pieslice(self._box(box), start, end, *self._ink(1.0))

    def arc(self, box: tuple[float, float, float, float], start: float, end: float, width: float) -> None:
        fill, outline, _ = self._ink(1.0)
        self.draw.arc(self._box(box), start, end, fill or outline, int(width * self.scale))

    def line(self, points: list[tuple[float, float]], width: float, shade: float = 0.6) -> None:
        fill, outline, _ = self._ink(shade)
        self.draw.line(self._place(points), fill or outline, int(width * self.scale))


def _mug(sheet: Sheet, rng: np.random.Generator) -> None:
    right, top = rng.uniform(58, 70), rng.uniform(22, 38)
    sheet.arc((right - 9, top + 10, right + 18, 70), -90, 90, 5)
    sheet.block((25, top, right, 80))
    sheet.oval((25, 74, right, 86))
    sheet.oval((25, top - 6, right, top + 6), 0.8)


def _umbrella(sheet: Sheet, rng: np.random.Generator) -> None:
    top = rng.uniform(12, 24)
    sheet.line([(50, top - 4), (50, 86)], 2)
    sheet.slice((12, top, 88, top + 76), 180, 360)
    sheet.arc((38, 80, 50, 92), 0, 180, 2)


def _shoe(sheet: Sheet, rng: np.random.Generator) -> None:
    ankle = rng.uniform(35, 45)
    sheet.polygon([(14, 70), (14, ankle), (34, ankle - 2), (50, 56), (78, 60), (88, 70)])
    sheet.block((12, 70, 90, 78), 0.5)
    for number in range(4):
        sheet.line([(36 + 4 * number, 45 + 4 * number), (43 + 4 * number, 42 + 4 * number)], 1.2)


def _bag(sheet: Sheet, rng: np.random.Generator) -> None:
    top = rng.uniform(38, 48)
    sheet.arc((33, top - 26, 67, top + 20), 180, 360, 3)
    sheet.polygon([(22, top), (78, top), (84, 86), (16, 86)])
    sheet.block((44, top + 8, 56, top + 14), 0.6)


def _bottle(sheet: Sheet, rng: np.random.Generator) -> None:
    neck = rng.uniform(4, 8)
    sheet.block((50 - neck, 8, 50 + neck, 30))
    sheet.polygon([(50 - neck, 28), (50 + neck, 28), (66, 42), (66, 92), (34, 92), (34, 42)])
    sheet.block((34, 52, 66, 74), 1.5)


def _lamp(sheet: Sheet, rng: np.random.Generator) -> None:
    shade = rng.uniform(12, 20)
    sheet.line([(50, 45), (50, 86)], 3)
    sheet.polygon([(50 - shade, 12), (50 + shade, 12), (78, 48), (22, 48)])
    sheet.oval((32, 82, 68, 92), 0.7)


def _chair(sheet: Sheet, rng: np.random.Generator) -> None:
    seat = rng.uniform(50, 58)
    for x in (28, 36, 64, 72):
        sheet.line([(x, seat), (x, 92)], 3)
    sheet.block((26, 12, 34, seat))
    sheet.block((26, seat - 2, 76, seat + 6), 0.8)


def _plate(sheet: Sheet, rng: np.random.Generator) -> None:
    sheet.oval((12, 12, 88, 88))
    inner = rng.uniform(24, 34)
    sheet.oval((inner, inner, 100 - inner, 100 - inner), 0.85)


def _shirt(sheet: Sheet, rng: np.random.Generator) -> None:
    sleeve = rng.uniform(38, 60)
    sheet.polygon(
        [
            (36, 14),
            (64, 14),
            (90, sleeve - 8),
            (80, sleeve),
            (70, 34),
            (70, 88),
            (30, 88),
            (30, 34),
            (20, sleeve),
            (10, sleeve - 8),
        ]
    )
    sheet.oval((42, 9, 58, 20), 0.6)


def _clock(sheet: Sheet, rng: np.random.Generator) -> None:
    sheet.oval((14, 14, 86, 86))
    angle = rng.uniform(0, 6.28)
    sheet.line([(50, 50), (50 + 25 * float(np.cos(angle)), 50 + 25 * float(np.sin(angle)))], 2)
    sheet.line([(50, 50), (50, 28)], 2)


PRODUCTS: Final[Mapping[str, Callable[[Sheet, np.random.Generator], None]]] = {
    "mug": _mug, "umbrella": _umbrella, "shoe": _shoe, "bag": _bag, "bottle": _bottle, "lamp": _lamp, "chair": _chair,
    "plate": _plate, "shirt": _shirt, "clock": _clock,
}  # fmt: skip
STYLES: Final = ("flat", "comic", "line", "soft", "grey", "dots", "photographed")


def draw_flat_product(product: str, style: str, rng: np.random.Generator) -> Image.Image:
    """Draw a product in a style as an RGB image."""
    sheet = Sheet(style, rng)
    PRODUCTS[product](sheet, rng)
    image = sheet.image
    if style == "soft":
        return image.filter(ImageFilter.GaussianBlur(4))
    if style == "grey":
        return image.convert("L").convert("RGB")
    if style == "dots":
        return image.convert("1").convert("RGB")
    if style == "photographed":
        light = np.linspace(rng.uniform(0.6, 0.9), 1, SIDE)[np.newaxis, :, np.newaxis]
        pixels = np.asarray(image) * light + rng.normal(0, 6, (SIDE, SIDE, 3))
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image
