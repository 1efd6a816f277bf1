"""Batches of products, with one text and one image of each."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vitrine.encoders.training_settings import ContrastiveTuningSettings
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.image_text.text_views import draw_view, fits
from vitrine.tuning.judged_texts import Rows


class Batch(NamedTuple):
    """A text and an image of B products, shorter texts first.

    `images`, int64 [B], are rows of the pixels. `duplicates`, bool [B, B], says of text i and image j of two products
    that they belong together as well. `seed` determines the augmentation.
    """

    texts: list[str]
    images: Rows
    duplicates: npt.NDArray[np.bool_]
    seed: int


def epoch_batches(
    products: Products, rows: Rows, settings: ContrastiveTuningSettings, rng: np.random.Generator
) -> Iterator[Batch]:
    """Yield the batches of an epoch, each of the products in `rows` once; those that are left over are left out."""
    size = min(settings.batch_size, len(rows))
    order = rng.permutation(rows)
    for start in range(0, len(order) - size + 1, size):
        yield batch(products, order[start : start + size], settings.short_views, rng)


def batch(products: Products, rows: Rows, short_share: float, rng: np.random.Generator) -> Batch:
    """Draw a text and an image of each of the products in `rows`."""
    views = [draw_view(products.texts[row], short_share, rng) for row in rows]
    images = np.array([rng.choice(products.images[row]) for row in rows], np.int64)
    order = np.argsort([len(view) for view in views], kind="stable")
    texts, images = [views[place] for place in order], images[order]
    own = [products.texts[row] for row in rows[order]]
    duplicates = fits(texts, own) | _share_images([products.images[row] for row in rows[order]])
    np.fill_diagonal(duplicates, False)
    return Batch(texts, images, duplicates, int(rng.integers(2**31)))


def _share_images(images: list[Rows]) -> npt.NDArray[np.bool_]:
    """Return whether two products have an image in common, bool [B, B]."""
    used, column = np.unique(np.concatenate(images), return_inverse=True)
    has = np.zeros((len(images), len(used)), np.float32)
    has[np.repeat(np.arange(len(images)), [len(own) for own in images]), column] = 1
    shared: npt.NDArray[np.bool_] = has @ has.T > 0
    return shared
