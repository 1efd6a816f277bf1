"""Images of judged documents, for training and for the measurement of searches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.protocol import Encoder
from vitrine.text.product_texts import product_texts
from vitrine.tuning.image_text.products import Products
from vitrine.tuning.image_text.validation import encode_rows
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.mining import Vectors, encode_documents
from vitrine.tuning.validation import HeldOut

EPSILON = 1e-6
"""Added to deviations, for catalogues whose similarities are all equal."""


@dataclass(frozen=True)
class DocumentImages:
    """The images of N documents: those of all products that have a document's text.

    `row` has each document's place by its text, and `images` rows of `pixels`, uint8 [I, S, S, 3], of each document.
    """

    row: dict[str, int]
    images: list[Rows]
    pixels: npt.NDArray[np.uint8]

    def draw(self, documents: Sequence[str], rng: np.random.Generator) -> Rows:
        """Draw an image of each document, given by its text, int64 [D]; -1 where it has none."""
        listed = [self.images[self.row[text]] for text in documents]
        return np.array([rng.choice(own) if len(own) else -1 for own in listed], np.int64)

    @cached_property
    def main(self) -> Rows:
        """The first image of each document, int64 [N]; -1 where it has none."""
        return np.array([own[0] if len(own) else -1 for own in self.images], np.int64)


def document_images(
    judged: JudgedTexts, catalogue: pa.Table, fields: Sequence[str], products: Products, hidden: Rows
) -> DocumentImages:
    """Return the images of the judged documents.

    Args:
        judged: the documents, made of the catalogue's `fields`.
        catalogue: the table that `products` was read from.
        fields: the columns of a document.
        products: the products' images.
        hidden: rows of products whose images are left out.
    """
    place = {text: row for row, text in enumerate(judged.documents.to_pylist())}
    found: list[list[int]] = [[] for _ in place]
    left_out = set(hidden.tolist())
    for row, text in enumerate(product_texts(catalogue, fields)):
        if row not in left_out:
            found[place[text]] += products.images[row].tolist()
    images = [np.array(list(dict.fromkeys(own)), np.int64) for own in found]
    return DocumentImages(place, images, products.pixels)


@dataclass(frozen=True)
class HeldOutImages(HeldOut):
    """Held-out queries that search documents by text and by image.

    The similarity is the mean of those to a document's text and to its main image, each standardised over all held-out
    queries and documents, since similarities of texts are higher and spread wider. It is that to the text where a
    document has no image.
    """

    images: DocumentImages

    def _documents(self, encoder: Encoder, queries: Vectors) -> Vectors:
        """Return vectors whose product with a query's is its similarity to the documents, float32 [D, W]."""
        assert isinstance(encoder, ImageTextEncoder)
        texts = _standardised(queries, encode_documents(encoder, self.judged, self.documents, "measuring the encoder"))
        rows = self.images.main[self.documents]
        places = np.flatnonzero(rows >= 0)
        if len(places):
            images = _standardised(queries, encode_rows(encoder, self.images.pixels, rows[places]))
            texts[places] = (texts[places] + images) / 2
        return texts


def _standardised(queries: Vectors, documents: Vectors) -> Vectors:
    """Shift and scale documents [D, W] so that their products with the queries [Q, W] have mean 0 and deviation 1.

    The mean of a query is that of all documents, which changes no order of its results.
    """
    centred = documents - documents.mean(axis=0)
    covariance = centred.T @ centred / len(centred)
    variance = np.einsum("qw,wv,qv->q", queries, covariance, queries).mean()
    shifted: Vectors = (centred / (np.sqrt(max(float(variance), 0.0)) + EPSILON)).astype(np.float32)
    return shifted
