"""Augmented views of products' images, which a head is trained on beside the images themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from vitrine import progress
from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.images.image_root import Folder
from vitrine.embeddings.product_images import ProductImages
from vitrine.embeddings.table import RowNumbers, Rows
from vitrine.encoders.clip.training.augmentation import augment
from vitrine.encoders.images.encoder import IMAGES_PER_BATCH, ImageTextEncoder
from vitrine.encoders.images.preprocessing import crop_image

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ImageViews:
    """V views of the images of P among N products.

    Attributes:
        vectors: float32 [V, P, D], rows of unit length.
        place: int64 [N], the place of each product in `vectors`, -1 for one without views.
    """

    vectors: Vectors
    place: RowNumbers

    def draw(self, count: int, rng: np.random.Generator) -> RowNumbers:
        """Draw a view for each of `count` examples, int64 [`count`]: from 1 to V, or 0 for the image itself."""
        return rng.integers(len(self.vectors) + 1, size=count)

    def take(self, images: Vectors, rows: RowNumbers, view: RowNumbers) -> Vectors:
        """Return the vectors of the images of products, float32 [E, D], with the drawn views in place of some."""
        chosen = np.flatnonzero((view > 0) & (self.place[rows] >= 0))
        changed = images.copy()
        changed[chosen] = self.vectors[view[chosen] - 1, self.place[rows[chosen]]]
        return changed


def encode_views(
    encoder: ImageTextEncoder, products: Rows, rows: RowNumbers, image_root: Folder, count: int, seed: int
) -> ImageViews:
    """Encode `count` augmented views of the images of some products.

    A view of a product with several images is the mean of one view of each, as its image vector is. Products whose
    images cannot be read have no views.

    Args:
        encoder: the encoder of the image vectors.
        products: string columns `product_id`, `image` and `views` of N products, "" or null for none.
        rows: the products that get views, int64 [P].
        image_root: the root of relative image paths.
        count: V, the number of views.
        seed: what determines the changes.
    """
    shown = products.take(rows, (PRODUCT_ID, IMAGE, VIEWS))
    ids, images, views = ([value or "" for value in column.to_pylist()] for column in shown.columns)
    own = ProductImages(ids, images, views, image_root, {})
    vectors = np.zeros((count, len(rows), encoder.dimension), np.float32)
    for view in range(count):
        progress.report("encoding augmented views", view, count)
        changing = AugmentingEncoder(encoder, np.random.default_rng([seed, view]))
        vectors[view] = own.encode(changing, range(len(rows)), IMAGES_PER_BATCH)
    progress.report("encoding augmented views", count, count)
    place = np.full(products.table.num_rows, -1, np.int64)
    readable = np.flatnonzero(vectors[0].any(axis=1))
    place[rows[readable]] = readable
    return ImageViews(vectors, place)


class AugmentingEncoder:
    """An encoder of images that changes each one slightly before (see `augment`)."""

    def __init__(self, encoder: ImageTextEncoder, rng: np.random.Generator) -> None:
        self.dimension = encoder.dimension
        self._encoder, self._rng = encoder, rng

    def encode_image(self, images: Sequence[Image.Image]) -> Vectors:
        """Return float32 [N, D], rows of unit length, of RGB images, at most `IMAGES_PER_BATCH`."""
        pixels = np.stack([crop_image(image, self._encoder.sizes) for image in images])
        changed = augment(tf.constant(pixels), tf.constant(self._rng.integers(2**31, size=2), tf.int32))
        return self._encoder.encode_pixels(tf.cast(tf.round(changed), tf.uint8).numpy())
