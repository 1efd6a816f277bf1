"""Features of the lexical overlap of queries and products, computed in the graph for whole batches."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.data import columns
from vitrine.text.graph_words import PADDING, Words, normalise, split_words, trigrams

QUERY_WORDS: Final = 16
FIELD_WORDS: Final = {"title": 40, "description": 80, "brand": 6, "color": 6, "category": 12}
"""Words of each field that are read. The end of a long description adds little and costs serving time."""

CHARACTERS_PER_WORD: Final = 12
"""A field is cut to this many characters per word before any regular expression reads it."""

QUERY_TRIGRAMS: Final = 64
TITLE_TRIGRAMS: Final = 128
BM25_K1: Final = 1.2
BM25_B: Final = 0.75


class PairWords(NamedTuple):
    """Words of a batch of pairs.

    Attributes:
        query: words of the query, [B, Q].
        fields: words of each of `columns.PRODUCT_TEXT`, each [B, T].
        query_trigrams: int64 [B, G].
        title_trigrams: int64 [B, H].
    """

    query: Words
    fields: dict[str, Words]
    query_trigrams: tf.Tensor
    title_trigrams: tf.Tensor

    @property
    def document(self) -> Words:
        """The words of all fields of the product in one row, [B, sum of T]."""
        fields = list(self.fields.values())
        return Words(tf.concat([f.text for f in fields], 1), tf.concat([f.ids for f in fields], 1))


class Statistics(NamedTuple):
    """Corpus statistics of the words of a batch.

    Attributes:
        query_idf: float32 [B, Q], inverse document frequency of each query word.
        title_idf: float32 [B, T].
        document_words: float32 [], mean number of words of a product.
        color_names: float32 [B, Q], 1 where the query word is the colour of some product.
        brand_names: float32 [B, Q], 1 where the query word is the brand of some product.
    """

    query_idf: tf.Tensor
    title_idf: tf.Tensor
    document_words: tf.Tensor
    color_names: tf.Tensor
    brand_names: tf.Tensor


def split_pair(raw: Mapping[str, tf.Tensor]) -> PairWords:
    """Normalise and split both texts of each pair once.

    Args:
        raw: string [B] each of `query` and the product's text columns.
    """
    query = normalise(raw[columns.QUERY], QUERY_WORDS * CHARACTERS_PER_WORD)
    fields = {name: normalise(raw[name], limit * CHARACTERS_PER_WORD) for name, limit in FIELD_WORDS.items()}
    return PairWords(
        query=split_words(query, QUERY_WORDS),
        fields={name: split_words(text, FIELD_WORDS[name]) for name, text in fields.items()},
        query_trigrams=trigrams(query, QUERY_TRIGRAMS),
        title_trigrams=trigrams(fields["title"], TITLE_TRIGRAMS),
    )


def inverse_document_frequency(documents: tf.Tensor, containing: tf.Tensor) -> tf.Tensor:
    """Return BM25's non-negative idf, ln(1 + (N - n + .5) / (n + .5)) (Robertson and Zaragoza 2009, as in Lucene).

    Args:
        documents: N, the number of documents.
        containing: n, the number of documents that contain each word, any shape; 0 for an unseen word.
    """
    documents, containing = tf.cast(documents, tf.float32), tf.cast(containing, tf.float32)
    return tf.math.log1p((documents - containing + 0.5) / (containing + 0.5))


def occurrence(ids: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Mark the ids that occur among `others`.

    Args:
        ids: int64 [B, Q].
        others: int64 [B, T].

    Returns:
        float32 [B, Q], 1 where the id occurs, 0 elsewhere and on padding.
    """
    occurs = tf.reduce_any(ids[:, :, None] == others[:, None, :], axis=2)
    return tf.cast(occurs & (ids != PADDING), tf.float32)


def bigrams(ids: tf.Tensor) -> tf.Tensor:
    """Return the ids of pairs of neighbouring words, int64 [B, T - 1], `PADDING` past the end."""
    # Wrapping multiplication by an odd constant is a cheap ordered hash. The mask keeps it non-negative.
    mixed = tf.bitwise.bitwise_and(ids[:, :-1] * 1_000_003 + ids[:, 1:], tf.constant(2**62 - 1, tf.int64))
    return tf.where(ids[:, 1:] == PADDING, tf.constant(PADDING, tf.int64), mixed)


def share(hits: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Return the weighted share of hits per row, float32 [B]; 0 where the weights sum to 0.

    Both arguments are float32 [B, T].
    """
    return tf.math.divide_no_nan(tf.reduce_sum(hits * weights, axis=1), tf.reduce_sum(weights, axis=1))


def bm25(query: tf.Tensor, document: tf.Tensor, idf: tf.Tensor, mean_words: tf.Tensor) -> tf.Tensor:
    """Return Okapi BM25 of each pair (Robertson and Zaragoza 2009, equation 3.15), float32 [B].

    Args:
        query: int64 [B, Q].
        document: int64 [B, T].
        idf: float32 [B, Q].
        mean_words: float32 [], mean length of a document.
    """
    same = (query[:, :, None] == document[:, None, :]) & (query != PADDING)[:, :, None]
    frequency = tf.reduce_sum(tf.cast(same, tf.float32), axis=2)
    length = tf.reduce_sum(tf.cast(document != PADDING, tf.float32), axis=1)[:, None]
    saturation = BM25_K1 * (1.0 - BM25_B + BM25_B * tf.math.divide_no_nan(length, mean_words))
    return tf.reduce_sum(idf * frequency * (BM25_K1 + 1.0) / (frequency + saturation), axis=1)


def lexical_features(pair: PairWords, statistics: Statistics) -> dict[str, tf.Tensor]:
    """Return all lexical features of the pairs by name, each float32 [B]."""
    query = pair.query.ids
    present = tf.cast(query != PADDING, tf.float32)
    length = tf.reduce_sum(present, axis=1)
    idf = statistics.query_idf * present
    document = pair.document.ids
    hits = {name: occurrence(query, field.ids) for name, field in pair.fields.items()}
    anywhere = occurrence(query, document)
    title = pair.fields["title"].ids
    title_present = tf.cast(title != PADDING, tf.float32)
    title_explained = occurrence(title, query)
    query_bigrams = bigrams(query)
    bigrams_present = tf.cast(query_bigrams != PADDING, tf.float32)
    last = tf.one_hot(tf.cast(length, tf.int32) - 1, QUERY_WORDS)  # the head noun of an English product query
    missing = (1.0 - anywhere) * idf
    features = {
        **{f"{name}_coverage": share(hit, present) for name, hit in hits.items()},
        "coverage": share(anywhere, present),
        "title_idf_coverage": share(hits["title"], idf),
        "idf_coverage": share(anywhere, idf),
        "missing_words": length - tf.reduce_sum(anywhere, axis=1),
        "title_missing_words": length - tf.reduce_sum(hits["title"], axis=1),
        "largest_missing_idf": tf.reduce_max(missing, axis=1),
        "title_largest_missing_idf": tf.reduce_max((1.0 - hits["title"]) * idf, axis=1),
        "title_explained": share(title_explained, title_present),
        "title_idf_explained": share(title_explained, statistics.title_idf * title_present),
        "title_position": first_position(title_explained),
        "title_last_position": 1.0 - share(title_explained, tf.math.cumsum(title_present, axis=1) * title_present),
        "head_in_title": tf.reduce_sum(hits["title"] * last, axis=1),
        "head_anywhere": tf.reduce_sum(anywhere * last, axis=1),
        "title_bigrams": share(occurrence(query_bigrams, bigrams(title)), bigrams_present),
        "bigrams": share(occurrence(query_bigrams, bigrams(document)), bigrams_present),
        "title_trigrams": share(
            occurrence(pair.query_trigrams, pair.title_trigrams), tf.cast(pair.query_trigrams != PADDING, tf.float32)
        ),
        "title_bm25": bm25(query, title, idf, tf.reduce_mean(tf.constant(float(FIELD_WORDS["title"]) / 3))),
        "bm25": bm25(query, document, idf, statistics.document_words),
        "brand_conflict": conflict(statistics.brand_names, anywhere),
        "color_conflict": conflict(statistics.color_names, anywhere),
        "query_words": tf.math.log1p(length),
        "query_idf": tf.math.divide_no_nan(tf.reduce_sum(idf, axis=1), length),
        "title_words": tf.math.log1p(tf.reduce_sum(title_present, axis=1)),
        "description_words": tf.math.log1p(
            tf.reduce_sum(tf.cast(pair.fields["description"].ids != PADDING, tf.float32), axis=1)
        ),
    }
    phrase = (features["title_coverage"] == 1.0) & (features["title_bigrams"] == 1.0)
    features["title_phrase"] = tf.cast(phrase, tf.float32)
    return features


def first_position(hits: tf.Tensor) -> tf.Tensor:
    """Return the reciprocal rank of the first hit, float32 [B]; 0 without a hit. `hits` is float32 [B, T]."""
    position = tf.cast(tf.argmax(hits, axis=1), tf.float32)
    return tf.reduce_max(hits, axis=1) / (1.0 + position)


def conflict(names: tf.Tensor, hits: tf.Tensor) -> tf.Tensor:
    """Return 1 where the query names a brand (or colour) that the product lacks, float32 [B]; both float32 [B, Q]."""
    return tf.reduce_max(names * (1.0 - hits), axis=1)
