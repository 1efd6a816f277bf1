"""The examples of training: vectors of products by text, by image and by both, and vectors of queries."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.categories.classes import NO_CLASS, Classes
from vitrine.categories.image_views import ImageViews
from vitrine.data.columns import IMAGE_VECTOR, QUERY_VECTOR, TEXT_VECTOR
from vitrine.embeddings.table import EmbeddingTable, RowNumbers

BLOCK: Final = 8192
"""Examples whose vectors are in memory together."""

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


class Input(IntEnum):
    """The input of a prediction."""

    TEXT = 0
    IMAGE = 1
    BOTH = 2
    QUERY = 3


PRODUCT_INPUTS = (Input.TEXT, Input.IMAGE, Input.BOTH)


class InputVectors:
    """The vectors of N products and Q queries by input, gathered from memory-mapped files."""

    def __init__(
        self,
        products: EmbeddingTable,
        queries: EmbeddingTable | None,
        has_text: Mask,
        has_image: Mask,
        texts: Vectors | None = None,
        views: ImageViews | None = None,
    ) -> None:
        """Keep what is gathered from; `texts`, float32 [N, D], take the place of the products' text vectors."""
        self.dimension, self.views = products.dimension, views
        self._products, self._queries, self._texts = products, queries, texts
        self._has = {Input.TEXT: has_text, Input.IMAGE: has_image, Input.BOTH: has_text & has_image}

    def has(self, kind: Input) -> Mask:
        """Return which products have an input, bool [N]."""
        return self._has[kind]

    def gather(self, kind: Input, rows: RowNumbers, view: RowNumbers | None = None) -> Vectors:
        """Return the vectors of rows of products, or of queries, float32 [P, D]; `view`, int64 [P], of the images."""
        if kind == Input.QUERY:
            assert self._queries is not None
            return self._queries.gather(QUERY_VECTOR, rows)
        if kind == Input.IMAGE:
            return self._images(rows, view)
        texts = self._products.gather(TEXT_VECTOR, rows) if self._texts is None else self._texts[rows]
        return texts if kind == Input.TEXT else texts + self._images(rows, view)

    def _images(self, rows: RowNumbers, view: RowNumbers | None) -> Vectors:
        images = self._products.gather(IMAGE_VECTOR, rows)
        return images if view is None or self.views is None else self.views.take(images, rows, view)


@dataclass(frozen=True)
class Examples:
    """E examples: the `kind` of each, an Input, uint8; `row` and `label`, int64; and `weight`, float32; [E] each."""

    kind: npt.NDArray[np.uint8]
    row: RowNumbers
    label: RowNumbers
    weight: Vectors

    def __len__(self) -> int:
        """Return E."""
        return len(self.row)

    def take(self, places: RowNumbers | Mask) -> "Examples":
        """Return the examples at some places."""
        return Examples(self.kind[places], self.row[places], self.label[places], self.weight[places])

    def blocks(self) -> Iterator["Examples"]:
        """Yield all examples in their order, at most `BLOCK` at a time."""
        for start in range(0, len(self), BLOCK):
            yield self.take(np.arange(start, min(start + BLOCK, len(self))))

    def vectors(self, source: InputVectors, view: RowNumbers | None = None) -> Vectors:
        """Gather the vectors, float32 [E, D], those of images of a `view`, int64 [E]; by default the images' own."""
        gathered = np.empty((len(self), source.dimension), np.float32)
        for kind in np.unique(self.kind):
            places = np.flatnonzero(self.kind == kind)
            gathered[places] = source.gather(Input(kind), self.row[places], None if view is None else view[places])
        return gathered


def product_examples(classes: Classes, source: InputVectors) -> Examples:
    """Return an example for each input that a product with a class has; those of one product have weight 1 together."""
    labelled = classes.label != NO_CLASS
    inputs = [source.has(kind) for kind in PRODUCT_INPUTS]
    number = np.sum(inputs, axis=0)
    rows = [np.flatnonzero(has & labelled) for has in inputs]
    row = np.concatenate(rows)
    kind = np.repeat([np.uint8(kind) for kind in PRODUCT_INPUTS], [len(each) for each in rows])
    return Examples(kind, row, classes.label[row], (1 / number[row]).astype(np.float32))


def joined(*parts: Examples) -> Examples:
    """Return the examples of all parts."""
    return Examples(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("kind", "row", "label", "weight"))
    )
