"""Scoring of pairs with a trained cross-encoder: probabilities and expected gains."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.cross_encoder.checkpoint import has_labels
from vitrine.cross_encoder.model import PairModel
from vitrine.encoders.checkpoint import CONFIG, Checkpoint, read_checkpoint
from vitrine.encoders.settings import Precision
from vitrine.encoders.text_batches import length_batches, text_bytes
from vitrine.errors import DataError
from vitrine.labels import GAINS, LABELS


class CrossEncoder:
    """A cross-encoder that ranks by expected gain, as the winners of the KDD Cup 2022 did."""

    def __init__(self, module: PairModel, files: Mapping[str, bytes]):
        """Wrap a model with the small files of its checkpoint."""
        self.module, self._files = module, files

    def probabilities(self, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [P, 4] by class id, rows of sum 1, of the pairs of `queries` [P] and `texts` [P].

        Raises:
            DataError: a text is not UTF-8, or the numbers of queries and texts differ.
        """
        return np.asarray(tf.nn.softmax(predict(self.module, queries, texts)))

    def scores(self, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return the expected gain, float32 [P]; see `probabilities`."""
        return self.probabilities(queries, texts) @ np.asarray(GAINS, np.float32)

    def save(self, directory: Path) -> None:
        """Write the checkpoint; `transformers` opens it as `BertForSequenceClassification`."""
        Checkpoint(str(directory), self._files, self.module.tensors()).save(directory)


def load_cross_encoder(directory: Path, precision: Precision = "float32") -> CrossEncoder:
    """Load a checkpoint that `CrossEncoder.save` wrote.

    Raises:
        DataError: the directory is not a checkpoint of a cross-encoder of the four labels.
    """
    checkpoint = read_checkpoint(directory)
    if not has_labels(checkpoint):
        labels = checkpoint.json(CONFIG).get("id2label")
        raise DataError(
            f"{directory}/{CONFIG}: id2label is {labels}; Vitrine's cross-encoders have {', '.join(LABELS)}"
        )
    return CrossEncoder(PairModel(checkpoint, precision), checkpoint.files)


def predict(model: PairModel, queries: Sequence[str | bytes], texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
    """Return the logits float32 [P, L] of pairs of strings [P], computed in batches of similar length."""
    if len(queries) != len(texts):
        raise DataError(f"{len(queries)} queries and {len(texts)} texts: a pair has one of each")
    left, right = text_bytes(queries), text_bytes(texts)
    lengths = pair_lengths(left, right, model.max_tokens)
    order = np.argsort(lengths, kind="stable")
    logits = np.zeros((len(left), model.outputs), np.float32)
    for start, end in length_batches(lengths[order].tolist()):
        rows = order[start:end]
        logits[rows] = model.logits([left[row] for row in rows], [right[row] for row in rows])
    return logits


def pair_lengths(queries: Sequence[bytes], texts: Sequence[bytes], max_tokens: int) -> npt.NDArray[np.int64]:
    """Return the bytes of each pair, int64 [P], up to the length from which on the cost is constant."""
    lengths = [len(query) + len(text) for query, text in zip(queries, texts, strict=True)]
    return np.minimum(np.asarray(lengths, np.int64), 4 * max_tokens)
