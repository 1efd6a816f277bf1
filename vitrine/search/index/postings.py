"""Lexical postings: for each word of a catalogue, the products that have it and how much it says about each.

The lexical score of a product is BM25F (Robertson, Zaragoza and Taylor 2004), the sum over the query's distinct words
of

    idf × f / (k1 + f),   f = Σ over fields: weight × occurrences / (1 − b + b × length / mean length)

with idf = ln(1 + (N − n + ½) / (n + ½)) for a word of n of N products. As in bm25s (Lù 2024, "eager sparse scoring"),
all of it but the sum is computed when the index is built: a posting holds the saturation f / (k1 + f), which is between
0 and 1, in one byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.search.index.lexical_words import FIELD_WORDS, column_ids
from vitrine.search.index.word_forms import NO_FORMS, WordForms, word_forms
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks, sampled_rows
from vitrine.search.settings import LexicalSettings
from vitrine.text.graph_words import PADDING

LEVELS: Final = 255
"""The saturation 1 in a posting."""
BLOCK: Final = 4_096
"""Products whose words are in memory as matrices."""
SAMPLE: Final = 20_000
"""Products of which the mean length of a field is taken."""

Words = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Postings:
    """V words of N products with P postings.

    Attributes:
        words: ids, int64 [V], ascending.
        starts: int64 [V + 1]; the postings of word i are `starts[i]` to `starts[i + 1]`.
        rows: products, int32 [P], ascending within a word.
        saturation: uint8 [P], in `LEVELS` of 1.
        count: N.
        lengths: the mean number of words of each field.
        forms: other forms of the words.
    """

    words: Words
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    saturation: npt.NDArray[np.uint8]
    count: int
    lengths: Mapping[str, float]
    forms: WordForms = NO_FORMS

    @property
    def idf(self) -> npt.NDArray[np.float32]:
        """The inverse document frequency of each word, float32 [V]."""
        containing = np.diff(self.starts)
        return np.log1p((self.count - containing + 0.5) / (containing + 0.5)).astype(np.float32)


def build_postings(products: Products, settings: LexicalSettings) -> Postings:
    """Count the words of the products, block by block."""
    fields = indexed_fields(settings)
    sample = sampled_rows(products.count, SAMPLE, seed=0)
    lengths = {field: mean_length(products.texts(sample)[field], FIELD_WORDS[field]) for field in fields}
    forms = word_forms(products, fields)
    blocks = [_counted(products, rows, fields, lengths, forms, settings) for rows in row_blocks(products.count, BLOCK)]
    words = np.unique(np.concatenate([block.words for block in blocks]))
    sizes = np.zeros(len(words), np.int64)
    for block in blocks:
        sizes[np.searchsorted(words, block.words)] += block.sizes
    starts = np.concatenate([[0], np.cumsum(sizes)])
    rows, saturation = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.uint8)
    ends = starts[:-1].copy()
    for block in blocks:  # in the order of the products, so that the rows of a word ascend
        places = np.searchsorted(words, block.words)
        order = np.argsort(block.word, kind="stable")
        before = np.cumsum(block.sizes) - block.sizes
        target = np.repeat(ends[places] - before, block.sizes) + np.arange(len(order))
        rows[target], saturation[target] = block.start + block.row[order].astype(np.int32), block.level[order]
        ends[places] += block.sizes
    return Postings(words, starts, rows, saturation, products.count, lengths, forms)


def indexed_fields(settings: LexicalSettings) -> dict[str, float]:
    """Return the fields with a weight above 0, in a fixed order."""
    weights = {str(field): weight for field, weight in settings.fields.items()}
    return {field: weights[field] for field in FIELD_WORDS if weights.get(field, 0) > 0}


def mean_length(texts: npt.NDArray[np.object_], limit: int) -> float:
    """Return the mean number of words of those texts that have any; 1 if none has."""
    counts = np.concatenate([_present(column_ids(texts[block], limit)) for block in row_blocks(len(texts), BLOCK)])
    return float(counts[counts > 0].mean()) if counts.any() else 1.0


def _present(ids: Words) -> npt.NDArray[np.int64]:
    counts: npt.NDArray[np.int64] = np.count_nonzero(ids != PADDING, axis=1)
    return counts


@dataclass(frozen=True)
class _Block:
    """The postings of consecutive products, in 7 bytes each: in the order of the products, before those of a word join.

    Attributes:
        start: the first product.
        words: distinct ids, int64 [U], ascending.
        word: the place in `words` of each posting, int32 [p].
        row: its product, counted from `start`, uint16 [p].
        level: its saturation, uint8 [p].
    """

    start: int
    words: Words
    word: npt.NDArray[np.int32]
    row: npt.NDArray[np.uint16]
    level: npt.NDArray[np.uint8]

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """The number of postings of each word, int64 [U]."""
        return np.bincount(self.word, minlength=len(self.words))


def _counted(
    products: Products,
    rows: slice,
    fields: Mapping[str, float],
    lengths: Mapping[str, float],
    forms: WordForms,
    settings: LexicalSettings,
) -> _Block:
    """Count the words of consecutive products."""
    texts = products.texts(np.arange(rows.start, rows.stop))
    found = [
        _occurrences(forms.resolve(column_ids(texts[field], FIELD_WORDS[field])), weight, lengths[field], settings.b)
        for field, weight in fields.items()
    ]
    word, place, amount = (np.concatenate(part) for part in zip(*found, strict=True))
    # A product's words are few, so pairs are found by sorting words within products.
    order = np.lexsort((word, place))
    word, place, amount = word[order], place[order], amount[order]
    first = np.flatnonzero(np.append(True, (word[1:] != word[:-1]) | (place[1:] != place[:-1]))[: len(word)])
    total = np.add.reduceat(amount, first) if len(first) else amount
    saturation = total / (settings.k1 + total)
    # At least 1: a posting always counts.
    levels = np.maximum(np.rint(saturation * LEVELS), 1).astype(np.uint8)
    words, code = np.unique(word[first], return_inverse=True)
    return _Block(rows.start, words, code.astype(np.int32), place[first].astype(np.uint16), levels)


def _occurrences(
    ids: Words, weight: float, mean: float, b: float
) -> tuple[Words, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return word, place in the block and normalised weight of each occurrence of a word in a field [n, T]."""
    place, position = np.nonzero(ids != PADDING)
    norm = 1 - b + b * _present(ids) / mean
    return ids[place, position], place, (weight / norm[place]).astype(np.float32)
