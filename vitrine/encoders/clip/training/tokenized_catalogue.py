"""The tokens of the catalogue's texts, as arrays."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import Tokenizer

from vitrine.encoders.clip.byte_pair_encoding import END_OF_WORD

FIELDS: Final = ("title", "brand", "color", "category", "description")
"""The product's text columns in the order of the product's text, the longest last."""

Integers = npt.NDArray[np.integer]
Tokens = npt.NDArray[np.int32]
NONE: Final = -1


@dataclass(frozen=True)
class TokenizedCatalogue:
    """The tokens of the texts of N products, field after field, at most L each, without special tokens.

    `token`, `field` and `word` are int32 [N, L]: the token's id, the number of its field in `FIELDS`, and the number of
    its word within the product; `NONE` past the end. `names` is bool [V]: whether a token is part of a word or number,
    not of punctuation.
    """

    token: Tokens
    field: Tokens
    word: Tokens
    names: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.token)


def tokenize_catalogue(products: pa.Table, tokenizer: Tokenizer, longest: int) -> TokenizedCatalogue:
    """Tokenize the columns `FIELDS` of N products, keeping the first `longest` tokens of each."""
    columns: list[tuple[Integers, ...]] = []
    for number, name in enumerate(FIELDS):
        ids = [
            encoding.ids for encoding in tokenizer.encode_batch(products[name].to_pylist(), add_special_tokens=False)
        ]
        lengths = np.array([len(tokens) for tokens in ids], np.int64)
        flat = np.concatenate([np.empty(0, np.int32), *map(np.asarray, ids)]).astype(np.int32)
        columns.append((np.repeat(np.arange(len(ids)), lengths), flat, np.full(len(flat), number, np.int32)))
    rows, tokens, fields = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    order = np.argsort(rows, kind="stable")
    rows, tokens, fields = rows[order], tokens[order], fields[order]
    spelling = [text for text, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    ends = np.array([text.endswith(END_OF_WORD) for text in spelling])
    starts = np.searchsorted(rows, np.arange(len(products)))
    place = np.arange(len(rows)) - starts[rows]
    before = np.cumsum(ends[tokens]) - ends[tokens]  # words that end before a token, in the whole catalogue
    words = before - before[np.minimum(starts, max(len(rows) - 1, 0))][rows] if len(rows) else before
    kept = place < longest
    shape = (len(products), int(min(longest, place.max(initial=-1) + 1)))
    names = np.array([any(map(str.isalnum, text.removesuffix(END_OF_WORD))) for text in spelling])
    token, field, word = (_grid(shape, rows[kept], place[kept], values[kept]) for values in (tokens, fields, words))
    return TokenizedCatalogue(token, field, word, names)


def _grid(shape: tuple[int, int], row: Integers, column: Integers, values: Integers) -> Tokens:
    grid = np.full(shape, NONE, np.int32)
    grid[row, column] = values
    return grid
