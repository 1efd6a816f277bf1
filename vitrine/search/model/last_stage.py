"""The last stage of text queries: a cross-encoder reads the first candidates together with the query.

Its numbers are made the probabilities of the labels by a multinomial logistic regression. The score of such a candidate
becomes

    sigmoid((1 − share) logit(score) + share × logit(expected gain))

and its probabilities are mixed in the same shares. The other candidates keep their scores.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from vitrine.cross_encoder.calibrated import Calibration
from vitrine.labels import GAINS
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.model.odds import log_odds
from vitrine.text.product_texts import SEPARATOR


class LastStage(tf.Module):
    """A cross-encoder for the best `candidates` of a query."""

    def __init__(
        self,
        model: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        calibration: Calibration,
        share: float,
        candidates: int,
        fields: Sequence[str],
    ) -> None:
        """Track `model`, from strings of queries and texts [P] to logits float32 [P, L], which are calibrated.

        Products are read in their text `fields`.
        """
        super().__init__()
        self.model, self.candidates, self._fields = model, candidates, tuple(fields)
        self._weights = tf.constant(calibration.weights, tf.float32)
        lowest = np.finfo(np.float32).min / 2
        self._intercepts = tf.constant(np.maximum(calibration.intercepts, lowest), tf.float32)
        self.share = share

    def probabilities(self, query: tf.Tensor, texts: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return float32 [P, 4] of `query` string [P] and products' `texts` by field, string [P]."""
        text = joined([texts[field] for field in self._fields])
        logits = tf.linalg.matmul(self.model(query, text), self._weights, transpose_b=True)
        return tf.nn.softmax(logits + self._intercepts)

    def gain(self, query: tf.Tensor, texts: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the expected gains, float32 [P], of the pairs of `probabilities`."""
        return tf.linalg.matvec(self.probabilities(query, texts), tf.constant(GAINS))

    def __call__(
        self,
        query: tf.Tensor,
        texts: Callable[[tf.Tensor], Mapping[str, tf.Tensor]],
        rows: tf.Tensor,
        score: tf.Tensor,
        esci: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the scores [B, R] and probabilities [B, R, 4] of `rows` int32 [B, R] after this stage.

        `query` is string [B], and `texts` returns the products' texts, string [P], of rows int32 [P].
        """
        count = tf.minimum(self.candidates, tf.shape(rows)[1])
        places = tf.math.top_k(tf.where(rows == NO_ROW, -1.0, score), count).indices
        chosen = tf.reshape(tf.maximum(tf.gather(rows, places, batch_dims=1), 0), [-1])
        read = tf.reshape(self.probabilities(tf.repeat(query, count), texts(chosen)), [-1, count, len(GAINS)])
        batch = tf.repeat(tf.range(tf.shape(rows)[0])[:, tf.newaxis], count, axis=1)
        indices = tf.stack([batch, places], axis=2)
        before = log_odds(tf.gather(score, places, batch_dims=1))
        after = log_odds(tf.linalg.matvec(read, tf.constant(GAINS)))
        mixed = tf.sigmoid((1 - self.share) * before + self.share * after)
        classes = (1 - self.share) * tf.gather(esci, places, batch_dims=1) + self.share * read
        return (
            tf.tensor_scatter_nd_update(score, indices, mixed),
            tf.tensor_scatter_nd_update(esci, indices, classes),
        )


def joined(fields: Sequence[tf.Tensor]) -> tf.Tensor:
    """Join products' non-empty fields, string [P] each, as `vitrine.text.product_texts` does: string [P]."""
    parts = tf.strings.strip(tf.stack(fields, axis=1))
    return tf.strings.reduce_join(tf.ragged.boolean_mask(parts, parts != ""), axis=1, separator=SEPARATOR)
