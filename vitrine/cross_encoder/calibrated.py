"""A cross-encoder as others trained it, with its numbers calibrated to the four labels.

Published models give one number, a relevance on a scale of their own, or the labels of another task. A multinomial
logistic regression on judged pairs makes the probabilities of I, C, S and E of them; the model itself is not changed.
"""

from collections.abc import Sequence
from typing import NamedTuple

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


class Calibration(NamedTuple):
    """The multinomial logistic regression of the labels on L logits.

    Attributes:
        weights: float64 [4, L].
        intercepts: float64 [4], of a label that no pair had -inf.
    """

    weights: npt.NDArray[np.float64]
    intercepts: npt.NDArray[np.float64]

    def probabilities(self, logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Return float32 [P, 4] by class id, rows of sum 1, of logits [P, L]."""
        found: npt.NDArray[np.float32] = special.softmax(logits @ self.weights.T + self.intercepts, axis=1).astype(
            "<f4"
        )
        return found


class CalibratedCrossEncoder(NamedTuple):
    """A cross-encoder with L outputs, and their calibration."""

    module: PairModel
    calibration: Calibration

    def probabilities(self, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [P, 4] by class id, rows of sum 1, of the pairs of `queries` [P] and `texts` [P].

        Raises:
            DataError: a text is not UTF-8, or the numbers of queries and texts differ.
        """
        return self.calibration.probabilities(predict(self.module, queries, texts))

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


def open_source(settings: CrossEncoderSource, setting: str) -> PairModel:
    """Open a cross-encoder that is used as it is; errors name the `setting`.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, or cannot be read.
    """
    checkpoint = read_checkpoint(source_directory(settings.source, f"{setting}.source"))
    return PairModel(checkpoint, settings.precision, max_tokens=settings.max_tokens)


def calibrate(model: PairModel, pairs: Pairs) -> CalibratedCrossEncoder:
    """Calibrate a model's outputs to the labels of judged pairs; see `fit_calibration`."""
    return CalibratedCrossEncoder(model, fit_calibration(predict(model, pairs.queries, pairs.texts), pairs.labels))


def fit_calibration(logits: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Calibration:
    """Fit the labels, class ids [P], to logits [P, L]. A label without a pair gets the probability 0.

    Raises:
        DataError: the pairs have fewer than two labels.
    """
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    present = np.unique(labels)
    if len(present) < 2:
        raise DataError("the judged pairs have one label: there is nothing to calibrate a cross-encoder by")
    outputs = logits.astype(np.float64)
    scale = np.maximum(outputs.std(axis=0), np.finfo(np.float32).eps)
    fitted = LogisticRegression(max_iter=1_000).fit(outputs / scale, labels)
    weights, intercepts = np.zeros((len(LABELS), outputs.shape[1])), np.full(len(LABELS), -np.inf)
    # Of two labels, the regression has the log-odds of the second one.
    first = present[1:] if len(present) == 2 else present
    intercepts[present] = 0
    weights[first], intercepts[first] = fitted.coef_ / scale, fitted.intercept_
    return Calibration(weights, intercepts)
