"""One vector for all pictures of a product."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL.Image import Image

from components.embedding_gen.settings import Settings
from components.embedding_gen.undecodable_images import Undecodable
from vitrine import progress
from vitrine.data import columns
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.image_root import Folder, image_folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_images
from vitrine.encoders.protocol import Encoder


class Pictured(NamedTuple):
    """What became of the pictures of N products.

    Attributes:
        vectors: float32 [N, D]: the mean of the views' vectors, of unit length; zeros where no picture was read.
        has_image: bool [N], whether one was.
        image: for each product, the first of its pictures that was read, or what its `image` names.
    """

    vectors: NDArray[np.float32]
    has_image: NDArray[np.bool_]
    image: list[str]


def encode_pictures(encoder: Encoder, rows: pa.Table, settings: Settings, undecodable: Undecodable) -> Pictured:
    """Encode all pictures of the products in `rows`, `settings.batch` at a time.

    A product with several views gets their mean, which stands for what they have in common; the pictures of a shop
    show one thing from several sides.
    """
    ids, image = (rows[name].to_pylist() for name in (columns.PRODUCT_ID, columns.IMAGE))
    views = list(_named(ids, image, rows[columns.VIEWS].to_pylist(), undecodable))
    sums, counts = np.zeros((len(ids), encoder.dimension), np.float32), np.zeros(len(ids), np.int64)
    for start in range(0, len(views), settings.batch):
        batch = views[start : start + settings.batch]
        read = list(_readable(batch, ids, image_folder(settings.image_root), undecodable))
        if read:
            products = np.array([product for product, _, _ in read])
            np.add.at(sums, products, encoder.encode_image([picture for _, _, picture in read]))
            for product, path, _ in read:
                image[product] = path if not counts[product] else image[product]
                counts[product] += 1
        progress.report("encoding pictures", start + len(batch), len(views))
    several = counts > 1
    lengths = np.linalg.norm(sums[several], axis=1, keepdims=True)
    sums[several] /= np.where(lengths > 0, lengths, 1)
    return Pictured(sums, counts > 0, image)


def _named(ids: list[str], images: list[str], views: list[str], undecodable: Undecodable) -> Iterator[tuple[int, str]]:
    """Each product's position with each of its pictures; of a list of views that is none, `image` is left."""
    for product, (image, listed) in enumerate(zip(images, views, strict=True)):
        try:
            pictures = product_images(image, listed)
        except ValueError as error:
            undecodable[ids[product]] = f"views {listed!r} {error}"
            pictures = product_images(image, "")
        for picture in pictures:
            yield product, picture


def _readable(
    views: Sequence[tuple[int, str]], ids: list[str], root: Folder, undecodable: Undecodable
) -> Iterator[tuple[int, str, Image]]:
    pictures = read_images([path for _, path in views], root, lambda picture: picture)
    for (product, path), picture in zip(views, pictures, strict=True):
        if isinstance(picture, UnreadableImage):
            undecodable.setdefault(ids[product], f"{path}: {picture.reason}")
        else:
            yield product, path, picture
