"""Targets of judged pairs that a teacher gives: probabilities of the labels in place of the labels alone.

That is distillation (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network") at temperature 1, since the
teacher's probabilities are calibrated.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.labels import LABELS

ROWS: Final = 2**32
"""Bound on the rows of products in a key."""


@dataclass(frozen=True)
class SoftTargets:
    """The probabilities of N pairs.

    Attributes:
        keys: of the pairs, int64 [N], ascending.
        probabilities: float32 [N, 4].
        weight: their part of the targets.
    """

    keys: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    weight: float

    @classmethod
    def of(
        cls,
        query: npt.NDArray[np.int64],
        product: npt.NDArray[np.int64],
        probabilities: npt.NDArray[np.float32],
        weight: float,
    ) -> "SoftTargets":
        """Return the targets of pairs of a `query` and a `product`, row numbers [N]."""
        keys = query * ROWS + product
        order = np.argsort(keys, kind="stable")
        return cls(keys[order], probabilities[order].astype(np.float32), weight)

    def mixed(self, hard: tf.Tensor, query: tf.Tensor, product: tf.Tensor) -> tf.Tensor:
        """Return targets float32 [B, 4]: `hard` ones mixed with those of the pairs, row numbers int64 [B]."""
        soft = tf.numpy_function(self._find, [query * ROWS + product], tf.float32, stateful=False)
        return (1 - self.weight) * hard + self.weight * tf.ensure_shape(soft, [None, len(LABELS)])

    def _find(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        found: npt.NDArray[np.float32] = self.probabilities[np.searchsorted(self.keys, keys)]
        return found
