"""The texts and the images of a catalogue's products, as an encoder learns from them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.image_root import Folder
from vitrine.data.product_splits import product_positions
from vitrine.encoders.clip.training.image_cache import decode_images
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.text.product_texts import product_texts
from vitrine.tuning.judged_texts import Rows

DESCRIPTION = "description"


@dataclass(frozen=True)
class Products:
    """N products with I distinct images.

    Attributes:
        ids: the products' ids.
        texts: distinct texts of each product, what names it first: its title, the text of the run's fields, and its
            description; empty where it has none.
        images: rows of each product's images in `pixels`, the main one first.
        pixels: the images as the encoder crops them, uint8 [I, S, S, 3]; a black one if there are none.
        position: float64 [N], the products' places in a split, as `product_positions` returns them: the same for those
            that share a title, the text of the run's fields or an image, or have near-duplicate images.
    """

    ids: list[str]
    texts: list[tuple[str, ...]]
    images: list[Rows]
    pixels: npt.NDArray[np.uint8]
    position: npt.NDArray[np.float64]

    def complete(self) -> Rows:
        """Return the rows of the products that have a text and an image."""
        pairs = zip(self.texts, self.images, strict=True)
        return np.flatnonzero([bool(texts) and len(images) > 0 for texts, images in pairs])


def read_products(
    catalogue: pa.Table, fields: Sequence[str], image_root: Folder, sizes: Preprocessing, folder: Path
) -> Products:
    """Read the texts and decode the images of a catalogue; the pixels are in a file in `folder`.

    An image that cannot be read counts as missing and is reported. Images of equal pixels are one.
    """
    named = [_paths(*row) for row in zip(_column(catalogue, IMAGE), _column(catalogue, VIEWS), strict=True)]
    paths = list(dict.fromkeys(path for product in named for path in product)) or [""]  # an empty file is not mapped
    pixels, readable = decode_images(paths, image_root, sizes, folder / "pixels")
    content = contents(pixels, readable)
    row = dict(zip(paths, content.tolist(), strict=True))
    images = [
        np.array(list(dict.fromkeys(row[path] for path in product if row[path] >= 0)), np.int64) for product in named
    ]
    joined = product_texts(catalogue, fields)
    titles, descriptions = (_column(catalogue, name) for name in ("title", DESCRIPTION))
    named_by = [_distinct(*pair) for pair in zip(titles, joined, strict=True)]
    texts = [_distinct(*own, more) for own, more in zip(named_by, descriptions, strict=True)]
    ids = _column(catalogue, PRODUCT_ID)
    return Products(ids, texts, images, pixels, product_positions(ids, named_by, named, image_root))


def contents(pixels: npt.NDArray[np.uint8], readable: npt.NDArray[np.bool_]) -> Rows:
    """Return the row of the first image with equal pixels for each image, int64 [I]; -1 where it is not readable."""
    first: dict[bytes, int] = {}
    rows = np.full(len(pixels), -1, np.int64)
    for row in np.flatnonzero(readable).tolist():
        rows[row] = first.setdefault(hashlib.sha256(pixels[row]).digest(), row)
    return rows


def _column(catalogue: pa.Table, name: str) -> list[str]:
    if name not in catalogue.column_names:
        return [""] * catalogue.num_rows
    return [value or "" for value in catalogue[name].to_pylist()]


def _paths(image: str, views: str) -> list[str]:
    try:
        return product_images(image, views)
    except ValueError:  # EmbeddingGen reports it
        return product_images(image, "")


def _distinct(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
