"""Tokenization of texts into words, and the vocabulary of a catalogue with its counts."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.text.units import GLUED, MEASURE, SPACED

WORD: Final = re.compile(r"[^\s!-/:-@\[-`{-~¡-¿×÷\u2000-\u206f\u3000-\u3003\u3008-\u301f]+")
"""A word: characters between white space and punctuation. Combining accents belong to their word."""

ROWS: Final = 50_000
"""Texts that are split at a time. Their words take about ten times the memory of the texts."""


class Word(NamedTuple):
    """A word at [start, end) of a text; `key` is its form in a vocabulary."""

    start: int
    end: int
    key: str


def tokenize(text: str) -> list[Word]:
    """Return the words of a text that is in Unicode's normal form C."""
    # Each word is lower-cased by itself: in a whole text, the form of a Greek sigma depends on its neighbours.
    return [Word(*match.span(), match.group().lower()) for match in WORD.finditer(text)]


def keys_of(text: str) -> list[str]:
    """Return the words of a text in any normal form, as a vocabulary has them."""
    return [word.key for word in tokenize(unicodedata.normalize("NFC", text))]


def vocabulary_of(texts: "Iterable[str | None] | pa.Array | pa.ChunkedArray") -> dict[str, int]:
    """Count the lower-case words of a catalogue's texts.

    Forms of measurements are counted too, with 0 for the number: `"0 cm"`, `"0-inch"`, `"0GB"`. Their units also count
    as words.
    """
    tokens: Counter[str] = Counter()
    for batch in _batches(texts):
        spaced = pc.replace_substring_regex(batch, SPACED, r"\1 \2 0_\2 ")
        marked = pc.replace_substring_regex(spaced, GLUED, r"\1 \3 0\2\3 ")
        counts = pc.list_flatten(pc.utf8_split_whitespace(marked)).value_counts()
        tokens.update(dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_pylist(), strict=True)))
    vocabulary: Counter[str] = Counter()
    for token, count in tokens.items():
        if MEASURE.fullmatch(token):
            vocabulary[token.replace("_", " ")] += count
        else:
            for key in keys_of(token):
                vocabulary[key] += count
    return dict(vocabulary)


def _batches(texts: "Iterable[str | None] | pa.Array | pa.ChunkedArray") -> Iterator[pa.Array]:
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        column = pa.chunked_array([texts]) if isinstance(texts, pa.Array) else texts
        for batch in pa.table([column], names=["text"]).to_batches(ROWS):
            yield pc.drop_null(batch.column(0))
        return
    rows = iter(texts)
    while block := list(islice(rows, ROWS)):
        yield pc.drop_null(pa.array(block, pa.string()))
