"""Generated images that show no product, to calibrate the detection of junk images.

Each kind is a function of a random generator, so no two images are alike. Shapes, charts, windows, sketches and clouds
are not among them: to statistics of pixels they are what products in other drawings and photographs are.
"""

import math
import string
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

SIDE: Final = 192
"""Pixels of a side."""
Draw = Callable[[np.random.Generator], Image.Image]
Colour = tuple[int, int, int]
Grid = npt.NDArray[np.float64]
ACROSS: Final[Grid] = np.linspace(0, 1, SIDE)[np.newaxis].repeat(SIDE, axis=0)
"""The distance of each pixel from the left edge, float64 [SIDE, SIDE]; its transpose is that from the top."""
LETTERS: Final = string.ascii_letters + string.digits + " .,-"


def draw_junk(kind: str, rng: np.random.Generator) -> Image.Image:
    """Draw an RGB image of a kind, one of `KINDS`."""
    return KINDS[kind](rng)


def random_colour(rng: np.random.Generator) -> Colour:
    """Return a random colour; a third are greys."""
    red, green, blue = rng.integers(256, size=3).tolist()
    return (red, red, red) if rng.random() < 1 / 3 else (red, green, blue)


def _pixel_noise(rng: np.random.Generator) -> Image.Image:
    """Draw independent pixels, grey or coloured, uniform, normal or black and white, in cells of one or more pixels."""
    cells, channels = SIDE // int(rng.choice([1, 1, 2, 4, 8])), int(rng.choice([1, 3]))
    shape, law = (cells, cells, channels), rng.integers(3)
    if law == 0:
        noise: Grid = 255 * rng.random(shape)
    elif law == 1:
        noise = rng.uniform(60, 200) + rng.uniform(20, 90) * rng.standard_normal(shape)
    else:
        noise = np.where(rng.random(shape) < rng.uniform(0.1, 0.9), 255.0, 0.0)
    return _image(noise.repeat(3 // channels, axis=2)).resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _blank(rng: np.random.Generator) -> Image.Image:
    """Draw one colour; half of them have the slight noise and vignette of a photographed surface."""
    plane = np.broadcast_to(np.array(_often_extreme(rng), float), (SIDE, SIDE, 3))
    if rng.random() < 0.5:
        return _image(plane)
    radius = np.hypot(ACROSS - rng.uniform(0.3, 0.7), ACROSS.T - rng.uniform(0.3, 0.7))[:, :, np.newaxis]
    return _image(plane * (1 - rng.uniform(0, 0.6) * radius**2) + rng.normal(0, rng.uniform(0, 6), (SIDE, SIDE, 1)))


def _often_extreme(rng: np.random.Generator) -> Colour:
    """Return a random colour that is often black or white, the blanks that cameras and programs make."""
    share = rng.random()
    return (255, 255, 255) if share < 0.15 else (0, 0, 0) if share < 0.3 else random_colour(rng)


def _gradient(rng: np.random.Generator) -> Image.Image:
    """Draw a gradient of two colours, from edge to edge or from a point."""
    if rng.random() < 0.5:
        angle = rng.uniform(0, 2 * math.pi)
        along = ACROSS * math.cos(angle) + ACROSS.T * math.sin(angle)
    else:
        along = np.hypot(ACROSS - rng.random(), ACROSS.T - rng.random())
    share = ((along - along.min()) / np.ptp(along))[:, :, np.newaxis] ** rng.uniform(0.5, 2)
    return _image(share * np.array(random_colour(rng)) + (1 - share) * np.array(random_colour(rng)))


def _stripes(rng: np.random.Generator) -> Image.Image:
    """Draw stripes of two or more colours, hard or soft, straight or wavy."""
    angle = rng.uniform(0, math.pi)
    along = ACROSS * math.cos(angle) + ACROSS.T * math.sin(angle)
    if rng.random() < 0.3:
        along = along + rng.uniform(0.01, 0.1) * np.sin(ACROSS.T * rng.uniform(5, 30))
    along = along * rng.uniform(2, 30)
    colours = np.array([random_colour(rng) for _ in range(rng.integers(2, 6))], float)
    if rng.random() < 0.3:
        share = (0.5 + 0.5 * np.sin(along * math.pi))[:, :, np.newaxis]
        return _image(share * colours[0] + (1 - share) * colours[1])
    return _image(colours[np.floor(along).astype(int) % len(colours)])


def _tiles(rng: np.random.Generator) -> Image.Image:
    """Draw a board of two colours, or of random ones as in a mosaic or a two-dimensional code."""
    cells = int(rng.integers(2, 33))
    row, column = np.indices((cells, cells))
    palette = np.array([random_colour(rng) for _ in range(rng.choice([2, 2, 2, 5, 20]))], float)
    index = (row + column) % 2 if rng.random() < 0.5 else rng.integers(len(palette), size=(cells, cells))
    return _image(palette[index]).resize((SIDE, SIDE), Image.Resampling.NEAREST)


def _lattice(rng: np.random.Generator) -> Image.Image:
    """Draw a lattice of dots or rings, or crossing lines."""
    image, draw, ink = _canvas(rng)
    step, width = int(rng.integers(8, 48)), int(rng.integers(1, 5))
    if rng.random() < 0.4:
        for place in range(step // 2, SIDE, step):
            draw.line((place, 0, place, SIDE), ink, width)
            draw.line((0, place, SIDE, place), ink, width)
        return image
    radius = step * rng.uniform(0.1, 0.45)
    fill = ink if rng.random() < 0.7 else None
    for x in range(step // 2, SIDE, step):
        for y in range(step // 2, SIDE, step):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill, ink, width)
    return image


def _text_page(rng: np.random.Generator) -> Image.Image:
    """Draw a page of lines of letters, dark on light or light on dark."""
    dark = rng.integers(0, 90, 3).tolist()
    light = rng.integers(190, 256, 3).tolist()
    paper, ink = (light, dark) if rng.random() < 0.8 else (dark, light)
    image = Image.new("RGB", (SIDE, SIDE), tuple(paper))
    draw = ImageDraw.Draw(image)
    size = int(rng.integers(6, 26))
    font = ImageFont.load_default(size)
    margin = int(rng.integers(0, 24))
    for top in range(margin, SIDE - size, int(size * rng.uniform(1.1, 1.8))):
        if rng.random() < 0.12:
            continue  # between paragraphs
        letters = "".join(rng.choice(list(LETTERS), int((SIDE - margin) / size * rng.uniform(1, 2.2))))
        draw.text((margin, top), letters, tuple(ink), font)
    return image


def _code(rng: np.random.Generator) -> Image.Image:
    """Draw a code for scanners: bars, or modules with or without finder patterns in three corners."""
    if rng.random() < 0.4:
        modules = np.repeat(rng.random((1, int(rng.integers(40, 110)))) < 0.5, 60, axis=0)
    else:
        count = int(rng.integers(17, 45))
        modules = rng.random((count, count)) < 0.5
        finder = np.pad(np.pad(np.ones((3, 3), bool), 1), 1, constant_values=True)
        for turned in range(3 if rng.random() < 0.7 else 0):
            np.rot90(modules, turned)[:7, :7] = finder
    light, dark = (255, 255, 255), random_colour(rng) if rng.random() < 0.3 else (0, 0, 0)
    coded = _image(np.where(modules[:, :, np.newaxis], np.array(dark, float), np.array(light, float)))
    side = int(SIDE * rng.uniform(0.5, 1))
    image = Image.new("RGB", (SIDE, SIDE), light if rng.random() < 0.7 else random_colour(rng))
    image.paste(coded.resize((side, side), Image.Resampling.NEAREST), ((SIDE - side) // 2, (SIDE - side) // 2))
    return image


def _canvas(rng: np.random.Generator, white: float = 0.4) -> tuple[Image.Image, ImageDraw.ImageDraw, Colour]:
    """Return an image of one colour, white with this probability, its drawing, and a colour that contrasts with it."""
    paper = (255, 255, 255) if rng.random() < white else random_colour(rng)
    ink = random_colour(rng)
    while max(abs(a - b) for a, b in zip(paper, ink, strict=True)) < 60:
        ink = random_colour(rng)
    image = Image.new("RGB", (SIDE, SIDE), paper)
    return image, ImageDraw.Draw(image), ink


def _image(pixels: Grid) -> Image.Image:
    """Return float64 [H, W, 3] of 0 to 255 as an image."""
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), "RGB")


KINDS: Final[Mapping[str, Draw]] = {
    "pixel noise": _pixel_noise,
    "blank": _blank,
    "gradient": _gradient,
    "stripes": _stripes,
    "tiles": _tiles,
    "lattice": _lattice,
    "text page": _text_page,
    "code": _code,
}
"""The kinds of junk."""
