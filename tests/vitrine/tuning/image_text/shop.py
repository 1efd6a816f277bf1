"""A catalogue of striped images, whose titles name the colour and the stripes."""

import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

SIZE = 32
COLORS = {
    "red": (200, 20, 20),
    "green": (20, 160, 40),
    "blue": (20, 40, 200),
    "yellow": (230, 220, 30),
    "grey": (120, 120, 120),
    "pink": (240, 150, 190),
    "orange": (240, 130, 20),
    "black": (15, 15, 15),
}
STRIPES = {"plain": (1, 0), "wide": (16, 0), "narrow": (4, 0), "tall": (16, 1), "fine": (4, 1), "checked": (8, 2)}
GOODS = ("mug", "plate")
FIELDS = ("title", "color")


def image(color: str, stripes: str, good: str) -> Image.Image:
    """Draw stripes in two shades of a colour; the goods differ in where a white corner is."""
    width, direction = STRIPES[stripes]
    row, column = np.indices((SIZE, SIZE)) // width
    pattern = ((row, column, row + column)[direction] % 2).astype(bool)
    pixels = np.full((SIZE, SIZE, 3), COLORS[color], np.float32)
    pixels[pattern & (width > 1)] *= 0.4
    corner = slice(0, 10) if good == "mug" else slice(SIZE - 10, SIZE)
    pixels[corner, corner] = 255
    return Image.fromarray(pixels.astype(np.uint8))


def write_catalogue(folder: Path) -> pa.Table:
    """Write an image of each product as PNG, and return the catalogue; every fourth product has a further image."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, product in enumerate(itertools.product(COLORS, STRIPES, GOODS)):
        color, stripes, good = product
        name = "-".join(product)
        image(*product).save(folder / f"{name}.png")
        views = []
        if number % 4 == 0:
            image(*product).rotate(2, fillcolor=(255, 255, 255)).save(folder / f"{name}-2.png")
            views = [f"{name}-2.png"]
        rows.append(
            {
                "product_id": name,
                "title": f"{color} {stripes} {good}",
                "description": f"A {good} in {color}, {stripes}" if number % 3 == 0 else "",
                "color": color,
                "image": f"{name}.png",
                "views": json.dumps(views) if views else "",
            }
        )
    return pa.Table.from_pylist(rows)


def judged_queries() -> pa.Table:
    """Return judgements of queries of one or two words: products with all of them are exact, others are not."""
    combinations = [*itertools.product(COLORS, STRIPES), *itertools.product(COLORS, GOODS)]
    combinations += [(good, color) for color, good in itertools.product(COLORS, GOODS)]
    combinations += list(itertools.product(STRIPES, GOODS))
    names = [set(product) for product in itertools.product(COLORS, STRIPES, GOODS)]
    ids = ["-".join(product) for product in itertools.product(COLORS, STRIPES, GOODS)]
    rng = np.random.default_rng(0)
    rows = []
    for words in combinations:
        exact = [ids[place] for place, own in enumerate(names) if own >= set(words)][:3]
        others = [ids[place] for place, own in enumerate(names) if not own & set(words)]
        rows += [(" ".join(words), product, "E") for product in exact]
        rows += [(" ".join(words), product, "I") for product in rng.choice(others, 3, replace=False)]
    return pa.table(dict(zip(("query", "product_id", "esci_label"), zip(*rows, strict=True), strict=True)))
