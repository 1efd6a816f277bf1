"""The texts and the images of a catalogue's products, as an encoder learns from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.image_root import Folder
from vitrine.encoders.clip.training.image_cache import decode_images
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.text.product_texts import product_texts
from vitrine.tuning.image_text.duplicates import contents, near_duplicates
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
        group: int64 [N], the same number for products that share a title, the text of the run's fields or an image, or
            have images that are nearly the same, at any number of removes.
    """

    ids: list[str]
    texts: list[tuple[str, ...]]
    images: list[Rows]
    pixels: npt.NDArray[np.uint8]
    group: Rows

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
    group = groups(named_by, images, near_duplicates(pixels, np.unique(content[content >= 0])), len(pixels))
    return Products(_column(catalogue, PRODUCT_ID), texts, images, pixels, group)


def groups(texts: Sequence[tuple[str, ...]], images: Sequence[Rows], near: Rows, count: int) -> Rows:
    """Return int64 [N], the group of each product.

    Args:
        texts: texts of N products; case and spaces make no difference.
        images: rows of each product's images.
        near: pairs of images that are nearly the same, int64 [P, 2].
        count: the number of images.
    """
    known: dict[str, int] = {}
    edges = [
        (product, len(texts) + count + known.setdefault(" ".join(text.casefold().split()), len(known)))
        for product, own in enumerate(texts)
        for text in own
    ]
    edges += [(product, len(texts) + int(image)) for product, own in enumerate(images) for image in own]
    edges += [(len(texts) + int(first), len(texts) + int(second)) for first, second in near]
    ends = np.array(edges, np.int64).reshape(-1, 2)
    size = len(texts) + count + len(known)
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    group: Rows = label[: len(texts)].astype(np.int64)
    return group


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
