"""One vector for all images of a product."""

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


class ImageEmbeddings(NamedTuple):
    """The image embeddings of N products.

    Attributes:
        vectors: float32 [N, D], the mean of each product's image vectors, of unit length; zeros if no image was read.
        has_image: bool [N], whether an image was read.
        image: for each product, the path of the first image that was read, or else its `image`.
    """

    vectors: NDArray[np.float32]
    has_image: NDArray[np.bool_]
    image: list[str]


def encode_product_images(
    encoder: Encoder, rows: pa.Table, settings: Settings, undecodable: Undecodable
) -> ImageEmbeddings:
    """Encode all images of the products in `rows`, `settings.batch` at a time.

    A product with several images gets the mean of their vectors: a shop's images show the same object from several
    sides, and the mean keeps what they have in common.
    """
    ids, first_read = (rows[name].to_pylist() for name in (columns.PRODUCT_ID, columns.IMAGE))
    images = list(_list_images(ids, first_read, rows[columns.VIEWS].to_pylist(), undecodable))
    sums, counts = np.zeros((len(ids), encoder.dimension), np.float32), np.zeros(len(ids), np.int64)
    for start in range(0, len(images), settings.batch):
        batch = images[start : start + settings.batch]
        decoded = list(_decode(batch, ids, image_folder(settings.image_root), undecodable))
        if decoded:
            products = np.array([product for product, _, _ in decoded])
            np.add.at(sums, products, encoder.encode_image([image for _, _, image in decoded]))
            for product, path, _ in decoded:
                first_read[product] = path if not counts[product] else first_read[product]
                counts[product] += 1
        progress.report("encoding images", start + len(batch), len(images))
    several = counts > 1
    lengths = np.linalg.norm(sums[several], axis=1, keepdims=True)
    sums[several] /= np.where(lengths > 0, lengths, 1)
    return ImageEmbeddings(sums, counts > 0, first_read)


def _list_images(
    ids: list[str], images: list[str], views: list[str], undecodable: Undecodable
) -> Iterator[tuple[int, str]]:
    """Yield each product's position with the path of each of its images; only `image` if `views` is not a list."""
    for product, (image, listed) in enumerate(zip(images, views, strict=True)):
        try:
            paths = product_images(image, listed)
        except ValueError as error:
            undecodable[ids[product]] = f"views {listed!r} {error}"
            paths = product_images(image, "")
        for path in paths:
            yield product, path


def _decode(
    images: Sequence[tuple[int, str]], ids: list[str], root: Folder, undecodable: Undecodable
) -> Iterator[tuple[int, str, Image]]:
    results = read_images([path for _, path in images], root, lambda image: image)
    for (product, path), result in zip(images, results, strict=True):
        if isinstance(result, UnreadableImage):
            undecodable.setdefault(ids[product], f"{path}: {result.reason}")
        else:
            yield product, path, result
