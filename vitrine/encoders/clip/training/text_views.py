"""Views of a product's text: long ones as the pipeline encodes it, and short ones that resemble queries."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.encoders.clip.training.tokenized_catalogue import FIELDS, NONE, TokenizedCatalogue, Tokens

QUERY_TOKENS: Final = 16
"""Length of a short view, start and end included."""
KEEP_FIELD: Final = (0.7, 0.25, 0.5, 0.5, 0.35)
"""Probability of each of `FIELDS` in a short view."""
KEEP_WORD: Final = (0.4, 1.0)
"""Range of the probability with which a short view keeps each word."""
SPAN: Final = 8
"""Largest number of consecutive words of the description in a short view."""
DROP_FIELD: Final = 0.1
"""Probability that a long view omits a field."""


STOP: Final = ".</w>"
"""The token between two fields of a long view, as in EmbeddingGen's texts."""


@dataclass(frozen=True)
class Marks:
    """The ids of the tokens that frame a text, and of `STOP`."""

    start: int
    end: int
    stop: int


def query_views(
    catalogue: TokenizedCatalogue, rows: npt.NDArray[np.int64], marks: Marks, rng: np.random.Generator
) -> Tokens:
    """Draw short views, int32 [B, QUERY_TOKENS]: some words of some fields, with the fields in random order."""
    field, word = catalogue.field[rows], catalogue.word[rows]
    present = field != NONE
    batch = np.arange(len(rows))[:, np.newaxis]
    fields = rng.random((len(rows), len(FIELDS))) < KEEP_FIELD
    words = rng.random((len(rows), word.max(initial=0) + 2)) < rng.uniform(*KEEP_WORD, (len(rows), 1))
    described = field == len(FIELDS) - 1
    first = np.where(described, word, np.iinfo(np.int32).max).min(axis=1)
    last = np.where(described, word, NONE).max(axis=1)
    start = first + rng.random(len(rows)) * np.maximum(last - first + 1 - SPAN // 2, 1)
    spanned = (word >= start[:, np.newaxis]) & (word < start[:, np.newaxis] + rng.integers(2, SPAN + 1, (len(rows), 1)))
    kept = present & np.where(described, spanned, words[batch, word]) & fields[batch, field]
    # Where no word is left, the view is the first field.
    kept = np.where(
        kept.any(axis=1, keepdims=True),
        kept,
        present & (field == np.min(np.where(present, field, 99), axis=1)[:, np.newaxis]),
    )
    order = rng.random((len(rows), len(FIELDS)))[batch, field]
    return pack(catalogue.token[rows], kept, order, QUERY_TOKENS, marks)


def document_views(
    catalogue: TokenizedCatalogue,
    rows: npt.NDArray[np.int64],
    width: int,
    marks: Marks,
    rng: np.random.Generator | None,
) -> Tokens:
    """Return long views, int32 [B, width]: all fields separated by full stops; with `rng`, some are omitted."""
    token, field = catalogue.token[rows], catalogue.field[rows]
    kept = field != NONE
    if rng is not None:
        fields = rng.random((len(rows), len(FIELDS))) >= DROP_FIELD
        fewer = kept & fields[np.arange(len(rows))[:, np.newaxis], field]
        kept = np.where(fewer.any(axis=1, keepdims=True), fewer, kept)
    ended = np.concatenate([field[:, 1:] != field[:, :-1], np.ones((len(rows), 1), bool)], axis=1)
    more = np.cumsum(kept[:, ::-1], axis=1)[:, ::-1] - kept > 0
    tokens = np.stack([token, np.full_like(token, marks.stop)], axis=2).reshape(len(rows), -1)
    keep = np.stack([kept, kept & ended & more], axis=2).reshape(len(rows), -1)
    return pack(tokens, keep, np.zeros(tokens.shape), width, marks)


def pack(
    token: Tokens, kept: npt.NDArray[np.bool_], order: npt.NDArray[np.float64], width: int, marks: Marks
) -> Tokens:
    """Pack the kept tokens, sorted by `order`, between start and end: int32 [B, width], padded by the end token."""
    rank = np.where(kept, order, np.inf)
    chosen = np.argsort(rank, axis=1, kind="stable")[:, : width - 2]
    inner = np.where(np.take_along_axis(kept, chosen, axis=1), np.take_along_axis(token, chosen, axis=1), marks.end)
    packed = np.full((len(token), width), marks.end, np.int32)
    packed[:, 0] = marks.start
    packed[:, 1 : 1 + inner.shape[1]] = inner
    return packed


def holds(short: Tokens, long: Tokens, names: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return whether text j has every name of text i: bool [B, B] for views [B, T] and [B, U]; true for i = j.

    Such a text matches the view as well as the text that the view was drawn from, and must not be a negative.
    """
    used, column = np.unique(np.concatenate([short.ravel(), long.ravel()]), return_inverse=True)
    wanted, offered = (
        _bags(part.reshape(len(short), -1), len(used)) * names[used] for part in np.split(column.ravel(), [short.size])
    )
    matches: npt.NDArray[np.bool_] = wanted @ offered.T == wanted.sum(axis=1, keepdims=True)
    np.fill_diagonal(matches, True)
    return matches


def _bags(columns: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.float32]:
    bags = np.zeros((len(columns), count), np.float32)
    bags[np.arange(len(columns))[:, np.newaxis], columns] = 1
    return bags
