"""A cross-encoder as others trained it, with its numbers calibrated to the four labels.

Published models give one number, a relevance on a scale of their own, or the labels of another task. A multinomial
logistic regression on judged pairs makes the probabilities of I, C, S and E of them; the model itself is not changed.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special  # type: ignore[import-untyped]

from vitrine.cross_encoder.checkpoint import pair_checkpoint
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import predict
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.encoders.settings import CrossEncoderSource
from vitrine.errors import DataError
from vitrine.labels import GAINS, LABELS

Floats = npt.NDArray[np.float64]


class CalibratedCrossEncoder:
    """A cross-encoder with L outputs that ranks by expected gain."""

    def __init__(self, module: PairModel, weights: Floats, intercepts: Floats):
        """Wrap a model with the `weights` [4, L] and `intercepts` [4] of the labels."""
        self.module, self.weights, self.intercepts = module, weights, intercepts

    def probabilities(self, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [P, 4] by class id, rows of sum 1, of the pairs of `queries` [P] and `texts` [P].

        Raises:
            DataError: a text is not UTF-8, or the numbers of queries and texts differ.
        """
        logits = predict(self.module, queries, texts) @ self.weights.T + self.intercepts
        probabilities: npt.NDArray[np.float32] = special.softmax(logits, axis=1).astype(np.float32)
        return probabilities

    def scores(self, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return the expected gain, float32 [P]; see `probabilities`."""
        return self.probabilities(queries, texts) @ np.asarray(GAINS, np.float32)


def require_source(settings: CrossEncoderSource, setting: str) -> None:
    """Check what a cross-encoder's small files say, before a run begins; errors name the `setting`.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, or its files ask for something that is not supported.
    """
    pair_checkpoint(read_checkpoint(source_directory(settings.source, f"{setting}.source")))


def open_source(settings: CrossEncoderSource) -> PairModel:
    """Open a cross-encoder that is used as it is.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, or cannot be read.
    """
    checkpoint = read_checkpoint(source_directory(settings.source))
    return PairModel(checkpoint, settings.precision, max_tokens=settings.max_tokens)


def calibrate(model: PairModel, pairs: Pairs) -> CalibratedCrossEncoder:
    """Fit the labels of judged pairs to a model's outputs. A label without a pair has the probability 0.

    Raises:
        DataError: the pairs have fewer than two labels.
    """
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    present = np.unique(pairs.labels)
    if len(present) < 2:
        raise DataError("the judged pairs have one label: there is nothing to calibrate a cross-encoder by")
    outputs = predict(model, pairs.queries, pairs.texts).astype(np.float64)
    scale = np.maximum(outputs.std(axis=0), np.finfo(np.float32).eps)
    fitted = LogisticRegression(max_iter=1_000).fit(outputs / scale, pairs.labels)
    weights, intercepts = np.zeros((len(LABELS), model.outputs)), np.full(len(LABELS), -np.inf)
    # Of two labels, the regression has the log-odds of the second one.
    ends = (np.zeros(1), fitted.intercept_) if len(present) == 2 else (fitted.intercept_,)
    rows = (np.zeros((1, model.outputs)), fitted.coef_) if len(present) == 2 else (fitted.coef_,)
    weights[present], intercepts[present] = np.concatenate(rows) / scale, np.concatenate(ends)
    return CalibratedCrossEncoder(model, weights, intercepts)
