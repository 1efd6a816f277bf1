"""The words of queries: those that a catalogue lacks, and counts of words by users."""

from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.errors import DataError
from vitrine.search.index_files import products_file
from vitrine.text.analysis import analyse_column, text_array
from vitrine.text.inflection import Vocabulary, joined_columns
from vitrine.text.words import keys_of


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
        """Return the words of which the catalogue has no term; numbers are never unknown."""
        distinct = sorted({word for word in words if any(character.isalpha() for character in word)})
        terms = analyse_column(text_array(distinct)).to_pylist()
        return {word for word, found in zip(distinct, terms, strict=True) if found and self._terms.isdisjoint(found)}


def words_of(queries: Iterable[str]) -> list[list[str]]:
    """Return the distinct words of each query, in order."""
    return [list(dict.fromkeys(keys_of(query))) for query in queries]


def word_users(users: "pd.Series[int]") -> "pd.Series[int]":
    """Return the users of each word, the most frequent first; `users` are those of each query."""
    words = words_of(users.index)
    exploded = pd.Series(np.repeat(users.to_numpy(np.int64), [len(each) for each in words]))
    names = pd.Index([word for each in words for word in each], dtype=object)
    counted: pd.Series[int] = exploded.groupby(names).sum().sort_values(ascending=False, kind="stable")
    return counted
