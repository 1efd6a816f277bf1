"""Training batches of products, with two views of the text and the image of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vitrine.encoders.clip.training.text_views import Marks, document_views, holds, query_views
from vitrine.encoders.clip.training.tokenized_catalogue import NONE, TokenizedCatalogue

Rows = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """B products.

    `query` int32 [B, 16] and `document` int32 [B, T] are a short and a long view of each text, if `has_text`, bool [B].
    `pixels` uint8 [B, S, S, 3] are the images, if `has_image`, bool [B]. `query_matches` and `document_matches`, bool
    [B, B], say whether text j has all words of the short or of the long view i.
    """

    query: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]
    has_text: npt.NDArray[np.bool_]
    pixels: npt.NDArray[np.uint8]
    has_image: npt.NDArray[np.bool_]
    query_matches: npt.NDArray[np.bool_]
    document_matches: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Examples:
    """The N products of which batches are drawn."""

    catalogue: TokenizedCatalogue
    pixels: npt.NDArray[np.uint8]
    has_image: npt.NDArray[np.bool_]
    marks: Marks
    width: int
    """Number of tokens of a long view."""

    def batch(self, rows: Rows, rng: np.random.Generator, whole: bool = False) -> Batch:
        """Draw views of the products in `rows`; with `whole`, the long view is the whole text."""
        query = query_views(self.catalogue, rows, self.marks, rng)
        full = document_views(self.catalogue, rows, self.width, self.marks, None)
        document = full if whole else document_views(self.catalogue, rows, self.width, self.marks, rng)
        return Batch(
            query,
            document,
            (self.catalogue.token[rows] != NONE).any(axis=1),
            self.pixels[rows],
            self.has_image[rows],
            holds(query, full, self.catalogue.names),
            holds(document, full, self.catalogue.names),
        )

    def epoch(self, rows: Rows, size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield all `rows` in random order, `size` at a time, without an incomplete last batch."""
        order = rng.permutation(rows)
        for start in range(0, len(order) - size + 1, size):
            yield self.batch(np.sort(order[start : start + size]), rng)
