"""Drawn faces that vary."""

import numpy as np
from PIL import Image, ImageDraw

from vitrine.search.build.junk_images import random_colour

SIDE = 300


def draw_smiley(rng: np.random.Generator) -> Image.Image:
    """Draw a round head on white, with two eyes and a mouth, open or a line, that smiles or does not."""
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    skin = (int(rng.integers(150, 256)), int(rng.integers(120, 220)), int(rng.integers(60, 200)))
    (x, y), radius = rng.uniform(0.42, 0.58, 2) * SIDE, rng.uniform(0.25, 0.4) * SIDE
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), skin)
    eye, apart = rng.uniform(0.08, 0.15) * radius, rng.uniform(0.28, 0.45) * radius
    half = rng.uniform(0.35, 0.6) * radius
    for middle in (x - apart, x + apart):
        draw.ellipse((middle - eye, y - 0.35 * radius - eye, middle + eye, y - 0.35 * radius + eye), "black")
    if rng.random() < 0.3:
        draw.chord((x - half, y - 0.1 * radius, x + half, y + 0.6 * radius), 0, 180, random_colour(rng), "black", 3)
    else:
        start = 20 if rng.random() < 0.7 else 200
        draw.arc((x - half, y + 0.1 * radius, x + half, y + 0.6 * radius), start, start + 140, "black", 7)
    return image
