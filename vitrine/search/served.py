"""Calls an exported search model, as a model server would: through its signatures, in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vitrine.errors import DataError

QUERIES = 32
PAIRS = 2048
"""Rows per call: enough to fill a processor, few enough for the memory of one."""


@dataclass(frozen=True)
class Ranked:
    """Answers to Q queries: `product_id` str [Q, K] best first, `score` float32 [Q, K], and `esci` float32 [Q, K, 4]
    (I, C, S, E).
    """

    product_id: npt.NDArray[np.object_]
    score: npt.NDArray[np.float32]
    esci: npt.NDArray[np.float32]


class ServedModel:
    """A search model loaded from its SavedModel; needs nothing of the code that built it."""

    def __init__(self, directory: Path) -> None:
        """Load `directory`. Raises DataError if it holds no search model."""
        import tensorflow as tf
        import tensorflow_text  # noqa: F401 - registers the ops of the tokenizers

        self._tf = tf
        try:
            self._model = tf.saved_model.load(str(directory))
        except (OSError, ValueError, tf.errors.OpError) as error:
            first_line = str(error).splitlines()[0]
            raise DataError(f"{directory} is not a SavedModel that can be loaded: {first_line}") from error
        self.signatures: dict[str, Any] = dict(self._model.signatures)
        if not {"serving_default", "score"} <= set(self.signatures):
            raise DataError(f"{directory} is no search model; its signatures are {', '.join(sorted(self.signatures))}")

    @property
    def top_k(self) -> int:
        """K, the number of results per query."""
        return int(self.signatures["serving_default"].structured_outputs["product_id"].shape[1])

    @property
    def searches_images(self) -> bool:
        """Whether pictures can be asked with."""
        return "search_image" in self.signatures

    def search(self, queries: Sequence[str]) -> Ranked:
        """Answer text queries."""
        return _ranked(self._call("serving_default", QUERIES, query=list(queries)))

    def search_images(self, images: Sequence[bytes]) -> Ranked:
        """Answer pictures, each the bytes of a file that TensorFlow decodes (JPEG, PNG, GIF, WEBP, BMP)."""
        return _ranked(self._call("search_image", QUERIES, image_bytes=list(images)))

    def score(self, queries: Sequence[str], product_ids: Sequence[str]) -> npt.NDArray[np.float32]:
        """The final score of each (query, product) pair, float32 [P]; 0 for a product outside the catalogue."""
        return self._pairs(queries, product_ids)["score"]

    def similarity(self, queries: Sequence[str], product_ids: Sequence[str]) -> npt.NDArray[np.float32]:
        """The calibrated similarity alone of each (query, product) pair, float32 [P]."""
        return self._pairs(queries, product_ids)["similarity"]

    def classify(self, queries: Sequence[str], product_ids: Sequence[str]) -> npt.NDArray[np.float32]:
        """ESCI probabilities of each pair, float32 [P, 4] (I, C, S, E); zeros for a product outside the catalogue."""
        return self._call("classify", PAIRS, query=list(queries), product_id=list(product_ids))["esci"]

    def _pairs(self, queries: Sequence[str], product_ids: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
        return self._call("score", PAIRS, query=list(queries), product_id=list(product_ids))

    def _call(self, signature: str, rows: int, **columns: list[Any]) -> dict[str, npt.NDArray[Any]]:
        function = self.signatures[signature]
        total = len(next(iter(columns.values())))
        answers = []
        for start in range(0, max(total, 1), rows):  # once at least: even no rows have an answer of the right shape
            batch = {name: values[start : start + rows] for name, values in columns.items()}
            inputs = {name: self._tf.constant(values, self._tf.string) for name, values in batch.items()}
            answers.append({name: tensor.numpy() for name, tensor in function(**inputs).items()})
        return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}


def _ranked(answer: dict[str, npt.NDArray[Any]]) -> Ranked:
    ids = answer["product_id"]
    decoded = np.array([one.decode() for one in ids.ravel()], dtype=object).reshape(ids.shape)
    return Ranked(decoded, answer["score"], answer["esci"])
