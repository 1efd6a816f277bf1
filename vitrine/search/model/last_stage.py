"""The last stage of text queries: a cross-encoder reads the first candidates together with the query.

Its numbers are made the probabilities of the labels by a multinomial logistic regression. The score of such a candidate
becomes

    sigmoid((1 − share) logit(score) + share × logit(expected gain))

and its probabilities are mixed in the same shares. The other candidates keep their scores.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.labels import GAINS
from vitrine.search.index.ivf_index import NO_ROW

LOWEST: Final = 1e-6
"""Distance that scores and gains keep from 0 and 1, where log-odds are infinite."""
Floats = npt.NDArray[np.float64]


class LastStage(tf.Module):
    """A cross-encoder for the best `candidates` of a query."""

    def __init__(
        self,
        model: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
        weights: Floats,
        intercepts: Floats,
        share: float,
        candidates: int,
        fields: Sequence[str],
    ) -> None:
        """Track `model`, from strings of queries and texts [P] to logits float32 [P, L].

        `weights` [4, L] and `intercepts` [4] are those of the regression; products are read in their text `fields`.
        """
        super().__init__()
        self.model, self._candidates, self._fields = model, candidates, tuple(fields)
        self._weights = tf.constant(weights, tf.float32)
        self._intercepts = tf.constant(np.maximum(intercepts, np.finfo(np.float32).min / 2), tf.float32)
        self.share = share

    def probabilities(self, query: tf.Tensor, texts: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return float32 [P, 4] of `query` string [P] and products' `texts` by field, string [P]."""
        text = tf.strings.strip(tf.strings.join([texts[field] for field in self._fields], " "))
        logits = tf.linalg.matmul(self.model(query, text), self._weights, transpose_b=True)
        return tf.nn.softmax(logits + self._intercepts)

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
        count = tf.minimum(self._candidates, tf.shape(rows)[1])
        places = tf.math.top_k(tf.where(rows == NO_ROW, -1.0, score), count).indices
        chosen = tf.reshape(tf.maximum(tf.gather(rows, places, batch_dims=1), 0), [-1])
        read = tf.reshape(self.probabilities(tf.repeat(query, count), texts(chosen)), [-1, count, len(GAINS)])
        batch = tf.repeat(tf.range(tf.shape(rows)[0])[:, tf.newaxis], count, axis=1)
        indices = tf.stack([batch, places], axis=2)
        before = _log_odds(tf.gather(score, places, batch_dims=1))
        after = _log_odds(tf.linalg.matvec(read, tf.constant(GAINS)))
        mixed = tf.sigmoid((1 - self.share) * before + self.share * after)
        classes = (1 - self.share) * tf.gather(esci, places, batch_dims=1) + self.share * read
        return (
            tf.tensor_scatter_nd_update(score, indices, mixed),
            tf.tensor_scatter_nd_update(esci, indices, classes),
        )


def _log_odds(value: tf.Tensor) -> tf.Tensor:
    bounded = tf.clip_by_value(value, LOWEST, 1 - LOWEST)
    return tf.math.log(bounded) - tf.math.log1p(-bounded)
