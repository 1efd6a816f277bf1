"""The word scores of texts that are not in the postings, equal to those that they would have there."""

from collections.abc import Mapping

import tensorflow as tf

from vitrine.search.index.lexical_words import FIELD_WORDS, word_ids
from vitrine.search.index.postings import LEVELS, indexed_fields
from vitrine.search.index.word_statistics import WordScores, WordStatistics
from vitrine.text.graph_words import PADDING


def given_scores(statistics: WordStatistics, words: tf.Tensor, texts: Mapping[str, tf.Tensor]) -> WordScores:
    """Return the scores of each pair of a query and a product, [P].

    `words` int32 [P, T] are the places of the query's words, and `texts` string [P] the product's fields.
    """
    settings, wanted = statistics.settings, statistics.ids(words)[:, :, tf.newaxis]
    total = tf.zeros(tf.shape(words), tf.float32)
    for field, weight in indexed_fields(settings).items():
        ids = statistics.forms.resolve(word_ids(texts[field], FIELD_WORDS[field]))
        length = tf.math.count_nonzero(ids != PADDING, axis=1, keepdims=True, dtype=tf.float32)
        norm = 1 - settings.b + settings.b * length / statistics.lengths[field]
        occurrences = tf.math.count_nonzero(wanted == ids[:, tf.newaxis], axis=2, dtype=tf.float32)
        # Without words, a field may have the norm 0.
        total += tf.math.divide_no_nan(weight * occurrences, norm)
    levels = tf.maximum(tf.round(total / (settings.k1 + total) * LEVELS), tf.cast(total > 0, tf.float32))
    scores = statistics.scores(words, levels[:, tf.newaxis])
    return WordScores(*(score[:, 0] for score in scores))
