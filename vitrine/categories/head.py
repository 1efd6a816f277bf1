"""The category head in the graph, and its files: `head.json` and `head.safetensors`.

The head reads any vector of the encoder's space, be it of a text, an image, or the mean of both, so the same layers
answer for products, queries and photographs.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from vitrine.errors import DataError

SHOWN: Final = 5
"""The most categories of an answer."""
_DESCRIPTION: Final = "head.json"
_WEIGHTS: Final = "head.safetensors"

Weights = list[npt.NDArray[np.float32]]


class CategoryHead(tf.Module):
    """A linear layer, or a hidden layer and a linear one, from vectors of unit length, float32 [B, D], to C logits."""

    def __init__(self, names: Sequence[str], weights: Weights, temperature: float = 1.0) -> None:
        """Hold kernel and bias of each layer, in order; logits are divided by `temperature`."""
        super().__init__()
        self._names, self.temperature = tuple(names), temperature
        self.category = tf.constant(list(names))
        self.layers = [tf.Variable(weight) for weight in weights]

    @classmethod
    def initial(cls, names: Sequence[str], dimension: int, hidden: int, seed: int) -> "CategoryHead":
        """Return an untrained head: the last layer is zero, a hidden one has He's initialisation."""
        generator = np.random.default_rng(seed)
        weights: Weights = []
        if hidden:
            kernel = generator.normal(0, np.sqrt(2 / dimension), (dimension, hidden))
            weights = [kernel.astype(np.float32), np.zeros(hidden, np.float32)]
        last = (hidden or dimension, len(names))
        return cls(names, [*weights, np.zeros(last, np.float32), np.zeros(last[1], np.float32)])

    @property
    def names(self) -> list[str]:
        """The names of the classes."""
        return list(self._names)  # a plain list: Arrow never ends on the list that a tf.Module wraps

    @property
    def dimension(self) -> int:
        """D, the length of the vectors."""
        return int(self.layers[0].shape[0])

    def logits(self, vectors: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, C] before calibration."""
        # Numbers of unit variance suit the optimiser's step size at any length of the vectors.
        values = tf.math.l2_normalize(vectors, axis=1) * float(np.sqrt(self.dimension))
        for depth in range(0, len(self.layers), 2):
            values = (tf.nn.relu(values) if depth else values) @ self.layers[depth] + self.layers[depth + 1]
        return values

    def probabilities(self, vectors: tf.Tensor) -> tf.Tensor:
        """Return the calibrated probabilities, float32 [B, C]."""
        return tf.nn.softmax(self.logits(vectors) / self.temperature)

    def best(self, vectors: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the K most probable classes, int32 [B, K], and their probabilities, float32 [B, K]."""
        values, classes = tf.math.top_k(self.probabilities(vectors), min(SHOWN, len(self.names)))
        return classes, values

    def weights(self) -> Weights:
        """Return a copy of the variables."""
        return [layer.numpy() for layer in self.layers]

    def save(self, directory: Path) -> None:
        """Write the files into `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        tensors = {str(place): weight for place, weight in enumerate(self.weights())}
        (directory / _WEIGHTS).write_bytes(save(tensors))
        _describe(directory, {"classes": self.names, "temperature": self.temperature})


def save_absent(directory: Path, reason: str) -> None:
    """Write in the place of a head why there is none."""
    directory.mkdir(parents=True, exist_ok=True)
    _describe(directory, {"classes": [], "reason": reason})


def load_head(directory: Path) -> CategoryHead | None:
    """Return the head in a folder; None if none was trained, or by a run of a version without category heads.

    Raises:
        DataError: the files are damaged.
    """
    if not (directory / _DESCRIPTION).is_file():
        return None
    try:
        description = json.loads((directory / _DESCRIPTION).read_text(encoding="utf-8"))
        if not description["classes"]:
            return None
        tensors = load_file(directory / _WEIGHTS)
        weights = [tensors[str(place)] for place in range(len(tensors))]
        return CategoryHead(description["classes"], weights, description["temperature"])
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise DataError(f"{directory}: no category head that can be read ({error}); run the pipeline again") from error


def _describe(directory: Path, fields: dict[str, object]) -> None:
    text = json.dumps(fields, indent=2, ensure_ascii=False) + "\n"
    (directory / _DESCRIPTION).write_text(text, encoding="utf-8")
