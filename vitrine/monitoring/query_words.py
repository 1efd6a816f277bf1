"""The words of queries: those that a catalogue lacks, and counts of words by users."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.errors import DataError
from vitrine.search.index_files import products_file
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.folding import fold
from vitrine.text.inflection import Vocabulary, joined_columns
from vitrine.text.languages import FUNCTION_WORDS
from vitrine.text.units import UNIT_OF
from vitrine.text.words import keys_of

_FUNCTION_WORDS: Final = frozenset(word for words in FUNCTION_WORDS.values() for word in words.split())


class ServedCatalogue:
    """The products of a served version: their ids, and the terms of their texts."""

    def __init__(self, index: Path) -> None:
        """Read the products of `serving/index/<version>/`.

        Raises:
            DataError: The files cannot be read.
        """
        path = products_file(index)
        try:
            table = parquet.read_table(path, columns=[PRODUCT_ID, *PRODUCT_TEXT])
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: {str(error).splitlines()[0]}") from None
        self.product_ids = table[PRODUCT_ID].combine_chunks()
        self._terms = Vocabulary.of(joined_columns([table[name] for name in PRODUCT_TEXT])).terms

    def unknown(self, words: Collection[str]) -> set[str]:
        """Return the words of which the catalogue has no term; function words, units and numbers are never unknown."""
        distinct = sorted(word for word in set(words) if any(map(str.isalpha, word)) and not _is_function_word(word))
        terms = analyse_column(text_array(distinct)).to_pylist()
        return {word for word, found in zip(distinct, terms, strict=True) if found and self._terms.isdisjoint(found)}


def _is_function_word(word: str) -> bool:
    single = len(word) == 1 and word.isascii()
    return single or word in UNIT_OF or fold(word) in _FUNCTION_WORDS


def distinct_words(queries: Iterable[str]) -> list[list[str]]:
    """Return the distinct words of each query, in order."""
    return [list(dict.fromkeys(keys_of(query))) for query in queries]


def word_users(users: "pd.Series[int]") -> "pd.Series[int]":
    """Return the users of each word but function words, the most frequent first; `users` are those of each query."""
    words = [[word for word in each if not _is_function_word(word)] for each in distinct_words(users.index)]
    exploded = pd.Series(np.repeat(users.to_numpy(np.int64), [len(each) for each in words]))
    names = pd.Index([word for each in words for word in each], dtype=object)
    return exploded.groupby(names).sum().astype(np.int64).sort_values(ascending=False, kind="stable")
