"""Images that show no product, by kind."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vitrine.audit.pictures.changes import encoded

SIDE: Final = 224
EACH: Final = 12
"""Images of each kind."""
_SKIN: Final = ((255, 224, 189), (234, 192, 134), (198, 134, 66), (141, 85, 36), (255, 205, 148))


def no_product_images(seed: int) -> Mapping[str, list[bytes]]:
    """Return images by kind, drawn with `seed`: noise, blanks, gradients, faces, and pages of text."""
    rng = np.random.default_rng([seed, 11])
    makers = {"noise": _noise, "blank": _blank, "gradient": _gradient, "face": _face, "page": _page}
    return {name: [encoded(make(rng)) for _ in range(EACH)] for name, make in makers.items()}


def _noise(rng: np.random.Generator) -> Image.Image:
    return Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8))


def _blank(rng: np.random.Generator) -> Image.Image:
    grey = int(rng.integers(256))
    colour = (grey, grey, grey) if rng.random() < 0.5 else tuple(rng.integers(0, 256, 3).tolist())
    return Image.new("RGB", (SIDE, SIDE), colour)


def _gradient(rng: np.random.Generator) -> Image.Image:
    start, end = rng.integers(0, 256, (2, 3)).astype(np.float32)
    shares = np.linspace(0, 1, SIDE, dtype=np.float32)[:, np.newaxis]
    column = start * (1 - shares) + end * shares
    return Image.fromarray(np.repeat(column[:, np.newaxis], SIDE, axis=1).astype(np.uint8))


def _face(rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIDE, SIDE), tuple(rng.integers(120, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    middle, half_width, half_height = SIDE // 2, int(rng.integers(55, 80)), int(rng.integers(70, 95))
    hair = tuple(rng.integers(0, 120, 3).tolist())
    head = (middle - half_width, middle - half_height, middle + half_width, middle + half_height)
    draw.ellipse((head[0] - 8, head[1] - 14, head[2] + 8, middle), fill=hair)
    draw.ellipse(head, fill=_SKIN[int(rng.integers(len(_SKIN)))])
    for side in (-1, 1):
        x, y = middle + side * half_width // 2, middle - half_height // 4
        draw.ellipse((x - 11, y - 7, x + 11, y + 7), fill=(255, 255, 255))
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=(40, 30, 20))
    draw.line((middle, middle - 10, middle - 6, middle + 18, middle + 4, middle + 18), fill=(90, 60, 40), width=2)
    mouth = middle + half_height // 2
    draw.arc((middle - 25, mouth - 15, middle + 25, mouth + 12), 20, 160, fill=(170, 40, 50), width=4)
    return image


def _page(rng: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    letters = np.array(list("aaabcdeeefghiiklmnooprsttuvw   "))
    for top in range(10, SIDE - 12, 14):
        draw.text((10, top), "".join(rng.choice(letters, 34).tolist()), fill=(20, 20, 20), font=font)
    return image
