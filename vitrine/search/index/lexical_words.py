"""The words of queries and products by which the lexical index finds and scores: the terms of the text analysis."""

from collections.abc import Sequence
from functools import cache
from typing import Final, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from vitrine.text.analysis import analyse_column
from vitrine.text.graph_analysis import analyse
from vitrine.text.graph_words import PADDING, first_occurrences

QUERY_WORDS: Final = 16
FIELD_WORDS: Final = {"title": 64, "description": 256, "brand": 8, "color": 8, "category": 16}
"""Words of each field that are indexed."""
CHARACTERS_PER_WORD: Final = 12
"""A text is cut to this many characters per word before any regular expression reads it."""
UNIT_BITS: Final = 58
"""The bits of an id above these are the number of a measurement's unit, and 0 for other words."""
BUCKETS: Final = 2**UNIT_BITS
_UNITS: Final = ("ml", "g", "mm", "inch", "ft", "oz", "lb", "w", "v", "mb", "gb", "tb", "mp")
"""Units as the text analysis leaves them, numbered from 1."""
_NUMBER: Final = "^[0-9][0-9./]*"
_MEASUREMENT: Final = f"{_NUMBER}(?:{'|'.join(_UNITS)})$"


@overload
def unit_of(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]: ...
@overload
def unit_of(ids: tf.Tensor) -> tf.Tensor: ...
def unit_of(ids: npt.NDArray[np.int64] | tf.Tensor) -> npt.NDArray[np.int64] | tf.Tensor:
    """Return the numbers of the units of measurements, 0 for other words, and -1 for padding, of the shape of `ids`."""
    return ids // BUCKETS


def word_ids(texts: tf.Tensor, limit: int) -> tf.Tensor:
    """Return the ids of the first `limit` words of `texts` string [B]: int64 [B, `limit`], `PADDING` past the end."""
    return _analyser(limit)(texts)


def query_words(texts: tf.Tensor) -> tf.Tensor:
    """Return the words whose ids `query_ids` returns, at the same places: string [B, `QUERY_WORDS`], "" elsewhere."""
    terms = _terms(texts, QUERY_WORDS)[:, :QUERY_WORDS].to_tensor(shape=[None, QUERY_WORDS], default_value="")
    return tf.where(query_ids(texts) == PADDING, "", terms)


@cache
def _analyser(limit: int) -> "tf.types.experimental.PolymorphicFunction":
    """Return `word_ids` for a limit as a function, which a graph holds once however often it calls it."""

    def ids_of(texts: tf.Tensor) -> tf.Tensor:
        terms = _terms(texts, limit)
        ids = terms.with_values(_ids(terms.values))
        return ids[:, :limit].to_tensor(shape=[None, limit], default_value=PADDING)

    return tf.function(ids_of, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)


def _terms(texts: tf.Tensor, limit: int) -> tf.RaggedTensor:
    """Return the terms of `texts` string [B], as many as may be needed for `limit` words: string [B, (T)]."""
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")  # invalid bytes have no characters to cut at
    return analyse(tf.strings.substr(valid, 0, limit * CHARACTERS_PER_WORD, unit="UTF8_CHAR"))


def _ids(terms: tf.Tensor) -> tf.Tensor:
    """Return the ids of terms, int64 [N] for string [N]."""
    distinct, index = tf.unique(terms)
    rows = tf.where(tf.strings.regex_full_match(distinct, _MEASUREMENT))
    names = tf.strings.regex_replace(tf.gather_nd(distinct, rows), _NUMBER, "")
    units = tf.argmax(names[:, tf.newaxis] == tf.constant(_UNITS), axis=1) + 1
    hashes = tf.strings.to_hash_bucket_fast(distinct, BUCKETS)
    return tf.gather(tf.tensor_scatter_nd_add(hashes, rows, units * BUCKETS), index)


def column_ids(texts: npt.NDArray[np.object_], limit: int) -> npt.NDArray[np.int64]:
    """Return the ids of the first `limit` words of `texts` [N], as `word_ids` does, int64 [N, `limit`].

    Arrow takes a fraction of the time of the graph for many texts.
    """
    terms = analyse_column(pc.utf8_slice_codeunits(pa.array(texts, pa.string()), 0, limit * CHARACTERS_PER_WORD))
    words = terms.flatten().dictionary_encode()
    hashes = ids_of_terms(words.dictionary)
    lengths = pc.list_value_length(terms).to_numpy()
    text = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(text)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids = np.full((len(texts), limit), PADDING, np.int64)
    kept = place < limit
    ids[text[kept], place[kept]] = hashes[words.indices.to_numpy()[kept]]
    return ids


def ids_of_terms(terms: pa.Array | Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the ids of terms, int64 [N]."""
    column = terms if isinstance(terms, pa.Array) else pa.array(terms, pa.string())
    if not len(column):
        return np.empty(0, np.int64)
    hashes = tf.strings.to_hash_bucket_fast(column.to_numpy(zero_copy_only=False), BUCKETS).numpy()
    units = pc.extract_regex(column, _MEASUREMENT.replace("(?:", "(?P<unit>"))
    numbers = pc.index_in(pc.struct_field(units, "unit"), pa.array(_UNITS))
    ids: npt.NDArray[np.int64] = hashes + (pc.fill_null(numbers, -1).to_numpy().astype(np.int64) + 1) * BUCKETS
    return ids


def query_ids(texts: tf.Tensor) -> tf.Tensor:
    """Return the ids of the distinct words of queries string [B]: int64 [B, `QUERY_WORDS`], `PADDING` elsewhere."""
    ids = word_ids(texts, QUERY_WORDS)
    return tf.where(first_occurrences(ids), ids, tf.constant(PADDING, tf.int64))
