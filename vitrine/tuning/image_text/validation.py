"""Measurement of an encoder on held-out products, whose texts search images and whose images search texts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.encoders.images.encoder import IMAGES_PER_BATCH, ImageTextEncoder
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.judged_texts import Rows
from vitrine.tuning.validation import Values

MRR: Final = "mrr"
"""The mean reciprocal rank of both directions, which chooses and decides."""
TEXT_TO_IMAGE: Final = "text_to_image_recall@1"
IMAGE_TO_TEXT: Final = "image_to_text_recall@1"

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HeldOutProducts:
    """Held-out products, as rows; the first text and the main image of each are compared with those of all others."""

    products: Products
    rows: Rows

    def measure(self, encoder: ImageTextEncoder) -> Values:
        """Measure both directions. A product of the same position as the one that searches is right as well."""
        texts = encoder.encode_text([self.products.texts[row][0] for row in self.rows])
        images = encode_rows(encoder, self.products.pixels, self._images())
        position = self.products.position[self.rows]
        right = position[:, np.newaxis] == position
        similarity = texts @ images.T
        to_image, to_text = ranks(similarity, right), ranks(similarity.T, right)
        return {
            MRR: (1 / to_image + 1 / to_text) / 2,
            TEXT_TO_IMAGE: (to_image == 1).astype(np.float64),
            IMAGE_TO_TEXT: (to_text == 1).astype(np.float64),
        }

    def _images(self) -> Rows:
        return np.array([self.products.images[row][0] for row in self.rows], np.int64)


def ranks(similarity: npt.NDArray[np.float32], right: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the rank, from 1, of the best right column in each row, float64 [Q]; equal wrong ones come before it."""
    best = np.where(right, similarity, -np.inf).max(axis=1, keepdims=True)
    before: npt.NDArray[np.float64] = ((similarity >= best) & ~right).sum(axis=1, dtype=np.float64)
    return before + 1


def encode_rows(encoder: ImageTextEncoder, pixels: npt.NDArray[np.uint8], rows: Rows) -> Vectors:
    """Encode images, float32 [R, D], with a report of the progress."""
    blocks = [np.zeros((0, encoder.dimension), np.float32)]
    for start in range(0, len(rows), IMAGES_PER_BATCH):
        if start % (16 * IMAGES_PER_BATCH) == 0:
            progress.report("measuring the encoder", start, len(rows))
        blocks.append(encoder.encode_pixels(pixels[rows[start : start + IMAGES_PER_BATCH]]))
    progress.report("measuring the encoder", len(rows), len(rows))
    return np.concatenate(blocks)
