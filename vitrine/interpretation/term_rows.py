"""The terms of short texts, such as titles, in order: which texts have a phrase, and which say that they lack it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.text.analysis import ROWS, analyse_column

NEGATORS: Final = ("without", "no", "not", "non", "ohne", "kein", "keine", "sans", "sin")
"""Terms in front of a phrase that negate it."""
NEGATED: Final = ("free", "frei")
"""Terms behind a phrase that negate it."""
_ARTICLES: Final = ("a", "an", "any", "the")
_NONE: Final = -1

Mask = npt.NDArray[np.bool_]


class TermRows:
    """The terms of N texts."""

    def __init__(self, texts: pa.Array | pa.ChunkedArray) -> None:
        column = pa.chunked_array([texts]) if isinstance(texts, pa.Array) else texts
        blocks = [analyse_column(column.slice(start, ROWS)) for start in range(0, len(column), ROWS)]
        terms = pa.chunked_array([block.flatten() for block in blocks], pa.string()).combine_chunks()
        encoded = terms.dictionary_encode()
        self._vocabulary = {term: code for code, term in enumerate(encoded.dictionary.to_pylist())}
        self._codes = encoded.indices.to_numpy().astype(np.int32)
        counts = [np.diff(block.offsets.to_numpy()) for block in blocks]
        # Row numbers, and not offsets, so that neighbours of one text are told apart from those of two.
        self._rows = np.repeat(np.arange(len(column), dtype=np.int32), np.concatenate([*counts, np.empty(0, int)]))
        self._count = len(column)

    def have(self, terms: Sequence[str]) -> Mask:
        """Return which texts, bool [N], have the terms side by side without saying that they lack them."""
        places = self._places(terms)
        return self._mask(places[~self._is_negated(places, len(terms))])

    def any_has(self, terms: Sequence[str]) -> bool:
        """Return whether any text has the terms side by side."""
        return len(self._places(terms)) > 0

    @property
    def empty(self) -> Mask:
        """The texts, bool [N], without a term."""
        empty: Mask = np.bincount(self._rows, minlength=self._count) == 0
        return empty

    def equal(self, terms: Sequence[str]) -> Mask:
        """Return which texts, bool [N], consist of the terms."""
        consists: Mask = np.bincount(self._rows, minlength=self._count) == len(terms)
        return self._mask(self._places(terms)) & consists

    def _places(self, terms: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the places of the first of the terms, wherever the others follow it in the same text."""
        codes = [self._vocabulary.get(term, _NONE) for term in terms]
        if not codes or _NONE in codes:
            return np.empty(0, np.int64)
        places = np.flatnonzero(self._codes == codes[0])
        places = places[places + len(codes) <= len(self._codes)]
        for distance, code in enumerate(codes[1:], 1):
            follows = (self._codes[places + distance] == code) & (self._rows[places + distance] == self._rows[places])
            places = places[follows]
        return places

    def _is_negated(self, places: npt.NDArray[np.int64], length: int) -> Mask:
        has_article = self._is_at(places - 1, places, _ARTICLES)
        before = places - 1 - has_article
        return self._is_at(before, places, NEGATORS) | self._is_at(places + length, places, NEGATED)

    def _is_at(self, wanted: npt.NDArray[np.int64], places: npt.NDArray[np.int64], terms: Sequence[str]) -> Mask:
        """Return whether one of `terms` is at the places `wanted` of the same texts as `places`."""
        inside = np.clip(wanted, 0, max(len(self._codes) - 1, 0))
        codes = [self._vocabulary[term] for term in terms if term in self._vocabulary]
        found: Mask = np.isin(self._codes[inside], codes)
        found &= (inside == wanted) & (self._rows[inside] == self._rows[places])
        return found

    def _mask(self, places: npt.NDArray[np.int64]) -> Mask:
        mask = np.zeros(self._count, bool)
        mask[self._rows[places]] = True
        return mask
