"""An exported search model, called through its signatures and in batches, as a model server calls it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from vitrine.encoders.settings import NEW_QUERY
from vitrine.errors import DataError
from vitrine.saved_model.arrays import Array, Outputs
from vitrine.saved_model.status import ApiError

MODEL_NAME: Final = "product_search"
"""The model's name in the serving directory and in requests."""
NODE: Final = re.compile(r"\{\{[^}]*\}\} *")
"""The names of graph nodes that TensorFlow puts before an error message."""
REFUSED: Final = re.compile(re.escape(f"[{NEW_QUERY}] [") + r"(.*)\]")
"""The error of a model of precomputed vectors for a query that has none."""
DIVERSIFY: Final = "diversify"
QUERIES = 32
PAIRS = 2048
"""Rows per call: enough to keep a processor busy, few enough for its memory."""

Texts = Sequence[str] | npt.NDArray[np.object_]


@dataclass(frozen=True)
class RankedProducts:
    """Results of Q queries.

    `product_id` is str [Q, K], best first; `score` float32 [Q, K]; `esci` float32 [Q, K, 4] (I, C, S, E).
    """

    product_id: npt.NDArray[np.object_]
    score: npt.NDArray[np.float32]
    esci: npt.NDArray[np.float32]


class ExportedModel:
    """A search model in a session, as TensorFlow Serving runs it. It needs no code of the model.

    Every call raises DataError if the model fails. Used as a context manager, it frees the model's memory at the end.
    """

    def __init__(self, directory: Path) -> None:
        """Load the SavedModel in `directory`.

        Raises:
            DataError: it is no search model, or one that cannot be served.
        """
        from vitrine.saved_model.session import SavedModelSession

        try:
            self._model = SavedModelSession(directory)
        except ApiError as error:
            raise DataError(f"{directory} is no model that can be served: {error.message.splitlines()[0]}") from error
        signatures = self._model.signatures
        if not {"serving_default", "score"} <= set(signatures):
            raise DataError(f"{directory} is no search model; its signatures are {', '.join(sorted(signatures))}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._model.close()

    @property
    def top_k(self) -> int:
        """K, the number of results per query."""
        shape = self._model.signature("serving_default").definition.outputs["product_id"].tensor_shape
        return int(shape.dim[1].size)

    @property
    def searches_images(self) -> bool:
        """True if the model searches by image."""
        return "search_image" in self._model.signatures

    def search(self, queries: Sequence[str], diversity: float | None = None) -> RankedProducts:
        """Search with texts, with the `diversity` that the model was built with, or with another in [0, 1]."""
        if diversity is None:
            return _ranked(self._call("serving_default", QUERIES, query=queries))
        return self._diversified(self._candidates(queries), diversity)

    def embed(self, queries: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of texts, float32 [Q, D], rows of unit length."""
        return _floats(self._call("embed_text", QUERIES, query=queries), "embedding")

    def nearest(self, queries: Sequence[str]) -> npt.NDArray[np.object_]:
        """Return the ids of the products that are most similar to texts, str [Q, K], by their vectors alone."""
        vectors = self._call("embed_text", QUERIES, query=queries)["embedding"]
        return _decoded(self._call("search_embedding", QUERIES, embedding=vectors)["product_id"])

    def search_images(self, images: Sequence[bytes], diversity: float | None = None) -> RankedProducts:
        """Search with images, each the bytes of a file that TensorFlow decodes (JPEG, PNG, GIF, WEBP, BMP)."""
        if diversity is None:
            return _ranked(self._call("search_image", QUERIES, image_bytes=images))
        vectors = self._call("embed_image", QUERIES, image_bytes=images)["embedding"]
        ranked = self._call("rank_image", QUERIES, embedding=vectors, allowed=[""] * len(images))
        return self._diversified(ranked, diversity)

    def image_similarities(self, images: Sequence[bytes]) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float32]]:
        """Return the candidates of images, str [Q, C], and their similarity by image alone, float32 [Q, C].

        The similarity is in standard deviations above a random pair, NaN for a product without image.
        """
        vectors = self._call("embed_image", QUERIES, image_bytes=images)["embedding"]
        ranked = self._call("rank_image", QUERIES, embedding=vectors, allowed=[""] * len(images))
        return _decoded(ranked["product_id"]), _floats(ranked, "by_image")

    def score(self, queries: Texts, product_ids: Texts) -> npt.NDArray[np.float32]:
        """Return the final score of each (query, product) pair, float32 [P]; 0 for a product outside the catalogue."""
        return _floats(self._pairs(queries, product_ids), "score")

    def similarity(self, queries: Texts, product_ids: Texts) -> npt.NDArray[np.float32]:
        """Return the calibrated similarity of each (query, product) pair, float32 [P]."""
        return _floats(self._pairs(queries, product_ids), "similarity")

    def candidate_scores(self, queries: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the scores of each query's candidates, float32 [Q, C], best first."""
        return _floats(self._candidates(queries), "score")

    def candidates(self, queries: Sequence[str]) -> RankedProducts:
        """Return all C candidates of texts, best first; where fewer are found, the last ones have no id."""
        return _ranked(self._candidates(queries))

    def classify(self, queries: Texts, product_ids: Texts) -> npt.NDArray[np.float32]:
        """Return ESCI probabilities of each pair, float32 [P, 4] (I, C, S, E); zeros for an unknown product."""
        return _floats(self._call("classify", PAIRS, query=queries, product_id=product_ids), "esci")

    def _candidates(self, queries: Sequence[str]) -> Outputs:
        """Return the outputs of `rank_text`, best first."""
        vectors = self._call("embed_text", QUERIES, query=queries)["embedding"]
        return self._call("rank_text", QUERIES, query=queries, embedding=vectors, allowed=[""] * len(queries))

    def _diversified(self, ranked: Outputs, diversity: float) -> RankedProducts:
        """Return the first K of ranked candidates in the diverse order."""
        if DIVERSIFY not in self._model.signatures:
            raise DataError(f"the model has no signature {DIVERSIFY}; run the pipeline again, or leave diversity out")
        products: dict[str, Array] = {name: ranked[name] for name in ("product_id", "score")}
        wanted = np.full(len(ranked["score"]), diversity, np.float32)
        order = self._call(DIVERSIFY, QUERIES, **products, diversity=wanted)["order"][:, : self.top_k]
        rows = np.arange(len(order))[:, np.newaxis]
        return _ranked({name: ranked[name][rows, order] for name in ("product_id", "score", "esci")})

    def _pairs(self, queries: Texts, product_ids: Texts) -> Outputs:
        return self._call("score", PAIRS, query=queries, product_id=product_ids)

    def _call(self, name: str, rows: int, **columns: Texts | Sequence[bytes] | Array) -> Outputs:
        signature = self._model.signature(name)
        total = len(next(iter(columns.values())))
        starts = range(0, max(total, 1), rows)  # at least one call, which gives an empty result the right shape
        try:
            answers = [
                signature.run({key: _feed(values[i : i + rows]) for key, values in columns.items()}) for i in starts
            ]
        except ApiError as error:
            raise DataError(_reason(name, error.message)) from error
        return {key: np.concatenate([answer[key] for answer in answers]) for key in answers[0]}


def _reason(signature: str, message: str) -> str:
    """Return what went wrong, and what to do if the model says it."""
    reason = NODE.sub("", message.splitlines()[0])
    if refused := REFUSED.search(reason):
        return (
            f"'{refused[1]}' has no precomputed vector, and this model answers no other queries; set encoder.text to "
            "the encoder that made the vectors, and run the pipeline again"
        )
    return f"the model failed to answer {signature}: {reason}"


def _feed(values: Texts | Sequence[bytes] | Array) -> Array:
    """Return numbers as they are, and strings as an array of bytes."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return np.array([value.encode() if isinstance(value, str) else value for value in values], dtype=object)


def _floats(answer: Outputs, name: str) -> npt.NDArray[np.float32]:
    return np.asarray(answer[name], np.float32)


def _decoded(ids: Array) -> npt.NDArray[np.object_]:
    return np.array([product_id.decode() for product_id in ids.ravel().tolist()], dtype=object).reshape(ids.shape)


def _ranked(answer: Outputs) -> RankedProducts:
    return RankedProducts(_decoded(answer["product_id"]), _floats(answer, "score"), _floats(answer, "esci"))
