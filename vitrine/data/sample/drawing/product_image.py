"""The image of a product: its shape in its colour and pattern on a plain background."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from vitrine.data.sample.attributes import COLOUR, RGB
from vitrine.data.sample.drawing import clothing, electronics, home, kitchen, leisure
from vitrine.data.sample.drawing.canvas import SIZE, Canvas
from vitrine.data.sample.drawing.texture import shade, texture
from vitrine.data.sample.label_rules import Traits

SIDE: Final = SIZE // 2
"""Side of an image in pixels: 96."""

SHAPES: Final[dict[str, Callable[[Canvas], None]]] = {
    "mug": kitchen.mug,
    "travel mug": kitchen.travel_mug,
    "bottle": kitchen.bottle,
    "teapot": kitchen.teapot,
    "kettle": kitchen.kettle,
    "pan": kitchen.pan,
    "lid": kitchen.lid,
    "t-shirt": clothing.t_shirt,
    "sweater": clothing.sweater,
    "dress": clothing.dress,
    "hat": clothing.hat,
    "scarf": clothing.scarf,
    "socks": clothing.socks,
    "sneakers": clothing.sneakers,
    "boots": clothing.boots,
    "phone": electronics.phone,
    "phone case": electronics.phone_case,
    "charger": electronics.charger,
    "headphones": electronics.headphones,
    "camera": electronics.camera,
    "tripod": electronics.tripod,
    "camera bag": electronics.camera_bag,
    "backpack": electronics.backpack,
    "tote bag": electronics.tote_bag,
    "lamp": home.lamp,
    "chair": home.chair,
    "stool": home.stool,
    "table": home.table,
    "vase": home.vase,
    "candle": home.candle,
    "pillow": home.pillow,
    "rug": home.rug,
    "guitar": leisure.guitar,
    "guitar strap": leisure.guitar_strap,
    "bicycle": leisure.bicycle,
    "helmet": leisure.helmet,
    "umbrella": leisure.umbrella,
    "sunglasses": leisure.sunglasses,
    "watch": leisure.watch,
    "book": leisure.book,
}
"""The shape of each category, by the category's name."""

_BACKGROUNDS: Final[tuple[RGB, ...]] = (
    (226, 222, 214), (214, 220, 226), (222, 226, 216), (228, 218, 222), (210, 210, 212), (236, 232, 220),
)  # fmt: skip


def draw_product(traits: Traits, rng: np.random.Generator) -> Image.Image:
    """Draw an RGB image of `SIDE` pixels; `rng` varies pose, size, shade, background and the pattern's phase.

    Raises:
        ValueError: the traits have no colour; a product's traits always have one.

    """
    if traits.colour is None:
        raise ValueError(f"{traits} has no colour to draw it in")
    canvas = Canvas(texture(traits.colour, traits.pattern, SIZE, rng), _trim(COLOUR[traits.colour].paint))
    SHAPES[traits.category](canvas)
    image = _background(rng)
    posed = _posed(canvas.layer, rng)
    image.paste(posed, mask=posed)
    return image.reduce(2)


def _trim(paint: RGB) -> RGB:
    """Return a darker shade of the paint, or a lighter one of black, so that the part is visible."""
    return shade(paint, 0.2 if max(paint) < 60 else -0.25)


def _background(rng: np.random.Generator) -> Image.Image:
    tint = shade(_BACKGROUNDS[int(rng.integers(len(_BACKGROUNDS)))], float(rng.uniform(-0.06, 0.06)))
    image = Image.new("RGB", (SIZE, SIZE), tint)
    if rng.random() < 0.5:
        floor = int(SIZE * rng.uniform(0.62, 0.8))
        ImageDraw.Draw(image).rectangle((0, floor, SIZE, SIZE), fill=shade(tint, -0.1))
    return image


def _posed(layer: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Rotate the layer by up to 4 degrees, scale it to 86 to 93 % and move it by up to 1.5 %.

    The product photographs of a shop are alike; and a vision transformer trained from scratch needs thousands more
    images to recognise a shape in any pose.
    """
    angle, scale = math.radians(float(rng.uniform(-4, 4))), float(rng.uniform(0.86, 0.93))
    dx, dy = (float(v) * SIZE for v in rng.uniform(-0.015, 0.015, 2))
    # AFFINE maps output pixels to input pixels: undo the move, then the rotation and scale about the centre.
    cos, sin, centre = math.cos(angle) / scale, math.sin(angle) / scale, SIZE / 2
    c = centre - cos * (centre + dx) - sin * (centre + dy)
    f = centre + sin * (centre + dx) - cos * (centre + dy)
    return layer.transform((SIZE, SIZE), Image.Transform.AFFINE, (cos, sin, c, -sin, cos, f), Image.Resampling.BILINEAR)
