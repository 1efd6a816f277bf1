"""A catalogue of drawings, and encoders that know which of them a text names."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, ImageDraw

from vitrine.benchmark.encoders.product_rows import Data
from vitrine.data.contract.files import write_catalogue, write_judgements

PRODUCTS = 60
WITHOUT_IMAGE = range(0, 60, 6)


def drawing(number: int) -> Image.Image:
    """Draw shapes in grey that no other number has."""
    rng = np.random.default_rng(number)
    image = Image.new("RGB", (64, 64), "white")
    for _ in range(6):
        x, y, width, height = (int(side) for side in rng.integers(8, 44, 4))
        shade = int(rng.integers(0, 200))
        ImageDraw.Draw(image).ellipse([x, y, x + width, y + height], fill=(shade, shade, shade))
    return image


class DrawingEncoder:
    """An encoder of drawings by their pixels. A text has the vector of the drawing that it names, plus `wrong`."""

    kind, dimension, encodes_any_text = "clip", 64, True

    def __init__(self, wrong: int = 0, images: bool = True) -> None:
        self._wrong, self.encodes_images = wrong, images
        self.fingerprint = f"{wrong}-{images}"
        self.encoded: list[str] = []

    def encode_text(self, texts: list[str]) -> np.ndarray:
        self.encoded += texts
        numbers = [int(text.split()[-1].rstrip(".")) for text in texts]
        return np.stack([_vector(drawing((number + self._wrong) % PRODUCTS)) for number in numbers])

    encode_document = encode_text

    def encode_image(self, images: list[Image.Image]) -> np.ndarray:
        return np.stack([_vector(image) for image in images])


def _vector(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.BOX), np.float32).ravel()
    pixels -= pixels.mean()
    return pixels / np.linalg.norm(pixels)


def write_drawings(folder: Path) -> Data:
    """Write `PRODUCTS` drawings with titles, of which some have no image and one a torn one, and judgements of them."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for number in range(PRODUCTS):
        image = "" if number in WITHOUT_IMAGE else f"{number}.png"
        if image:
            drawing(number).save(folder / "images" / image)
        rows.append(
            {
                "product_id": f"p{number}",
                "title": f"drawing {number}",
                "category": f"small {number % 2}" if number in range(40, 50) else "large",
                "image": image,
            }
        )
    (folder / "images" / "1.png").write_bytes(b"torn")
    shutil.copy(folder / "images" / "2.png", folder / "images" / "3.png")
    write_catalogue(folder, pa.Table.from_pylist(rows))
    for split, first in (("train", 0), ("eval", 30)):
        judgements = [
            {"query_id": f"q{number}", "query": f"like {number}", "product_id": f"p{product}", "esci_label": label}
            for number in range(first, first + 20)
            for product, label in (
                (number, "E" if number != 40 else "C"),
                ((number + 1) % PRODUCTS, "S"),
                ((number + 7) % PRODUCTS, "I"),
            )
        ]
        write_judgements(folder, split, pa.Table.from_pylist(judgements))
    return Data(folder, folder / "images", ("title",))
