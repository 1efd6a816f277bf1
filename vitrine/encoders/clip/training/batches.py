"""Batches of products: two views of the text and the picture of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vitrine.encoders.clip.training.text_views import Marks, document_views, holds, query_views
from vitrine.encoders.clip.training.tokenized_catalogue import NONE, Corpus

Rows = npt.NDArray[np.int64]


class Batch(NamedTuple):
    """B products.

    `query` int32 [B, 16] and `document` int32 [B, T] are a short and a long view of each text, `worded` bool [B] says
    whether there is a text; `pixels` uint8 [B, S, S, 3] and `pictured` bool [B] are the same for the picture. `answers`
    and `equals` are bool [B, B]: whether text j has all words of the short, or of the long view i.
    """

    query: np.ndarray
    document: np.ndarray
    worded: np.ndarray
    pixels: np.ndarray
    pictured: np.ndarray
    answers: np.ndarray
    equals: np.ndarray


@dataclass(frozen=True)
class Examples:
    """N products to draw batches from."""

    corpus: Corpus
    pixels: npt.NDArray[np.uint8]
    pictured: npt.NDArray[np.bool_]
    marks: Marks
    width: int
    """Tokens of a long view."""

    def batch(self, rows: Rows, rng: np.random.Generator, whole: bool = False) -> Batch:
        """Draw views of the products in `rows`; with `whole`, the long one leaves nothing out."""
        query = query_views(self.corpus, rows, self.marks, rng)
        full = document_views(self.corpus, rows, self.width, self.marks, None)
        document = full if whole else document_views(self.corpus, rows, self.width, self.marks, rng)
        return Batch(
            query,
            document,
            (self.corpus.token[rows] != NONE).any(axis=1),
            self.pixels[rows],
            self.pictured[rows],
            holds(query, full, self.corpus.names),
            holds(document, full, self.corpus.names),
        )

    def epoch(self, rows: Rows, size: int, rng: np.random.Generator) -> Iterator[Batch]:
        """Draw all `rows` in random order, `size` at a time; an incomplete last batch is left out."""
        order = rng.permutation(rows)
        for start in range(0, len(order) - size + 1, size):
            yield self.batch(np.sort(order[start : start + size]), rng)
