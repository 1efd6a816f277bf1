"""TFX Transform's features of each judged pair: lexical features, and the label's class id.

All of this becomes part of the served graph, so it uses core TensorFlow ops on whole batches only.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import Final

import tensorflow as tf
import tensorflow_transform as tft

from vitrine.classifier import feature_names
from vitrine.classifier.lexical_features import (
    PairWords,
    Statistics,
    inverse_document_frequency,
    lexical_features,
    split_pair,
)
from vitrine.classifier.word_associations import (
    VALUES,
    Associations,
    association_features,
    count_words,
    product_shares,
    value_shares,
)
from vitrine.data import columns
from vitrine.labels import LABELS
from vitrine.text.graph_words import PADDING, Words, first_occurrences

VOCABULARY: Final = 200_000
"""Number of the corpus' most frequent words that keep their frequency; rarer ones count as unseen."""

NATS: Final = 2.0
"""Divisor of the information features, in nats; it brings them near the spread of the z-scores."""

MIN_VARIANCE: Final = 1e-4

STRINGS: Final = (columns.QUERY_ID, columns.QUERY, columns.ESCI_LABEL, *columns.PRODUCT_TEXT)


# Transform traces `preprocessing_fn` several times. Functions without analysers are traced once, and called.
_traced_once = partial(tf.function, autograph=False)
_split_pair, _count_words = _traced_once(split_pair), _traced_once(count_words)
_value_shares, _product_shares = _traced_once(value_shares), _traced_once(product_shares)


def preprocessing_fn(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Transform a batch of joined examples.

    Args:
        inputs: the columns of the judgements and the catalogue, each a string tensor, dense [B] or [B, 1], or sparse
            with at most one value a row; `has_image` and the row numbers of both vectors int64, `weight` float32.

    Returns:
        `lexical` float32 [B, F] (z-scores of overlap, and information), `query_category` and `product_category`
        float32 [B, VALUES], `has_image` float32 [B], `query_row` and `product_row` int64 [B], `query_id` and `query`
        string [B], `weight` float32 [B] (1 where there is none), `label` int64 [B] (class id, -1 where there is none).
    """
    raw = {name: _dense(inputs[name], "") for name in STRINGS}
    has_image = tf.cast(_dense(inputs[columns.HAS_IMAGE], 0), tf.float32)
    pair = _split_pair({name: raw[name] for name in (columns.QUERY, *columns.PRODUCT_TEXT)})
    title, values = pair.fields["title"], {name: _value(pair.fields[name], name) for name in ("category", "color")}
    associations = {name: _associations(pair, value, name) for name, value in values.items()}
    overlap = _overlap(pair, _statistics(pair))
    # Information has its own scale and is not normalised: that would be a third analysis that depends on the second,
    # and Beam's local runner then stops with "watermark-pending bundles did not execute" (apache/beam issue 26190).
    information = tf.concat(
        [_information(name, associations[name], pair.query, value) for name, value in values.items()], axis=1
    )
    return {
        feature_names.LEXICAL: tf.concat([_z_scores(overlap), tf.concat(information, axis=1) / NATS], axis=1),
        feature_names.QUERY_CATEGORY: _value_shares(associations["category"], pair.query),
        feature_names.PRODUCT_CATEGORY: _product_shares(associations["category"], values["category"], title),
        feature_names.LABEL: _class_id(raw[columns.ESCI_LABEL]),
        columns.HAS_IMAGE: has_image,
        columns.QUERY_ID: raw[columns.QUERY_ID],
        columns.QUERY: raw[columns.QUERY],
        columns.WEIGHT: _dense(inputs[columns.WEIGHT], 1.0),
        columns.QUERY_ROW: _dense(inputs[columns.QUERY_ROW], 0),
        columns.PRODUCT_ROW: _dense(inputs[columns.PRODUCT_ROW], 0),
    }


def _dense(values: tf.Tensor, default: str | float) -> tf.Tensor:
    """Return one value per row, [B], whatever shape the schema gave the feature."""
    if isinstance(values, tf.SparseTensor):
        rows = tf.sparse.SparseTensor(values.indices, values.values, [values.dense_shape[0], 1])
        values = tf.sparse.to_dense(rows, default_value=default)
    return tf.reshape(values, [-1])


def _class_id(label: tf.Tensor) -> tf.Tensor:
    matches = label[:, None] == tf.constant(LABELS)
    return tf.where(
        tf.reduce_any(matches, axis=1), tf.argmax(tf.cast(matches, tf.int32), axis=1), tf.constant(-1, tf.int64)
    )


def _statistics(pair: PairWords) -> Statistics:
    document = pair.document
    documents = tft.sum(tf.ones_like(document.ids[:, 0]), name="documents")
    query, title = pair.query.text, pair.fields["title"].text
    words = _document_frequencies(document, "document_words")
    return Statistics(
        query_idf=inverse_document_frequency(documents, _look_up(words, query)),
        title_idf=inverse_document_frequency(documents, _look_up(words, title)),
        document_words=tft.mean(
            tf.reduce_sum(tf.cast(document.ids != PADDING, tf.float32), axis=1), name="mean_document_words"
        ),
        color_names=_contains(_document_frequencies(pair.fields["color"], "color_words"), query),
        brand_names=_contains(_document_frequencies(pair.fields["brand"], "brand_words"), query),
    )


@_traced_once
def _overlap(pair: PairWords, statistics: Statistics) -> tf.Tensor:
    return tf.stack(list(lexical_features(pair, statistics).values()), axis=1)


@_traced_once
def _information(name: str, associations: Associations, query: Words, value: tf.Tensor) -> tf.Tensor:
    return tf.stack(list(association_features(name, associations, query, value).values()), axis=1)


def _z_scores(values: tf.Tensor) -> tf.Tensor:
    """Return the z-scores of each column, float32 [B, F]; a constant column stays near 0.

    Not `tft.scale_to_z_score`: it divides a constant column by its rounding noise.
    """
    mean = tft.mean(values, reduce_instance_dims=False, name="mean_overlap")
    variance = tft.var(values, reduce_instance_dims=False, name="overlap_variance")
    return (values - mean) * tf.math.rsqrt(tf.maximum(variance, MIN_VARIANCE))


def _value(field: Words, name: str) -> tf.Tensor:
    """Return the rank of the attribute's value among the most frequent ones, int64 [B]; -1 for a rarer or no value."""
    text = tf.strings.strip(tf.strings.reduce_join(field.text, axis=1, separator=" "))
    ids: tf.Tensor = tft.compute_and_apply_vocabulary(
        text, top_k=VALUES, vocab_filename=f"{name}_values", name=f"{name}_values"
    )
    return ids


def _associations(pair: PairWords, value: tf.Tensor, name: str) -> Associations:
    counts = {"together": _count_words(pair.document, value), "alone": tf.one_hot(value, VALUES)}
    return Associations(
        *(tft.sum(count, reduce_instance_dims=False, name=f"{name}_{kind}") for kind, count in counts.items())
    )


def _document_frequencies(field: Words, name: str) -> tf.Tensor:
    """Return a vocabulary file of `frequency word` lines: the number of pairs whose field contains each word."""
    distinct = tf.ragged.boolean_mask(field.text, first_occurrences(field.ids))
    return tft.vocabulary(distinct, top_k=VOCABULARY, store_frequency=True, vocab_filename=name, name=name)


def _look_up(vocabulary: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    """Return the frequency of each word, int64 of the same shape; 0 for words outside the vocabulary."""

    def look_up(keys: tf.Tensor, path: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # While analysers are pending, the path is a placeholder of the graph. Once it is known, the table is lifted out
        # of the graph; otherwise it would be initialised at every call.
        with nullcontext() if tf.is_symbolic_tensor(path) else tf.init_scope():
            lines = tf.lookup.TextFileInitializer(path, tf.string, 1, tf.int64, 0, delimiter=" ")
            table = tf.lookup.StaticHashTable(lines, default_value=0)
        return table.lookup(keys), table.size()

    return tft.apply_vocabulary(words, vocabulary, lookup_fn=look_up)


def _contains(vocabulary: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    return tf.cast(_look_up(vocabulary, words) > 0, tf.float32)
