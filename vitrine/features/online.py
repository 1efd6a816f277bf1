"""Lookups in the online store: features of products and queries, and nearest neighbours of a vector."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrine.data import columns
from vitrine.features import views
from vitrine.features.offline import read_vectors
from vitrine.features.store import FeatureStoreError, open_store, translated_errors


@dataclass(frozen=True)
class Neighbour:
    """An entity found by its vector's similarity.

    Attributes:
        id: The product's or query's id.
        score: The cosine of the two vectors.
    """

    id: str
    score: float


@contextlib.contextmanager
def open_features(directory: Path) -> Iterator["Features"]:
    """Open the feature store that `register` wrote to `directory`, and close it afterwards.

    Raises:
        FeatureStoreError: There is no feature store in `directory`; its methods raise it when the online store fails.
    """
    with open_store(directory) as store:
        yield Features(store, directory)


class Features:
    """An open feature store. Vectors that are read from offline files are kept in memory."""

    def __init__(self, store: Any, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._offline: dict[str, tuple[list[str], NDArray[np.float32]]] = {}

    def products(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the features of each product, in order: its text columns, flags, and vectors as float32 [D].

        A vector that a product does not have is None, and so are all features of a product that is not in the store.
        """
        refs = [f"{view}:{vector}" for view, vector in views.VECTORS.items() if view != views.QUERY_TEXT]
        refs += [f"{views.PRODUCT_ATTRIBUTES}:{name}" for name in (*columns.PRODUCT_TEXT, *views.FLAGS)]
        return self._rows(refs, columns.PRODUCT_ID, ids)

    def queries(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the text and the vector, float32 [D], of each query, in order; None for queries not in the store."""
        refs = [f"{views.QUERY_TEXT}:{name}" for name in (columns.QUERY, columns.QUERY_VECTOR)]
        return self._rows(refs, columns.QUERY_ID, ids)

    def _rows(self, refs: list[str], key: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        if not ids:
            return []
        entities = [{key: entity_id} for entity_id in ids]
        with translated_errors(self._store, self._directory):
            features = self._store.get_online_features(features=refs, entity_rows=entities).to_dict()
        rows = [dict(zip(features, values, strict=True)) for values in zip(*features.values(), strict=True)]
        for row in rows:
            for name in row.keys() & set(views.VECTORS.values()):
                row[name] = None if row[name] is None else np.asarray(row[name], np.float32)
        return rows

    def nearest(self, vector: NDArray[np.float32], k: int, view: str = views.PRODUCT_TEXT) -> list[Neighbour]:
        """Return the `k` entities of `view` whose vectors are nearest to `vector`, float32 [D], best first.

        Milvus searches vectors itself. For SQLite and Redis the newest vectors in the offline files are searched.

        Raises:
            FeatureStoreError: `view` has no vectors, or they are of another length.
        """
        if view not in views.VECTORS:
            raise FeatureStoreError(f"feature view {view!r} has no vectors; one of {', '.join(views.VECTORS)} has")
        if self._store.config.online_store.type == "milvus":
            return self._search_online(vector, k, view)
        return self._search_offline(vector, k, view)

    def _search_online(self, vector: NDArray[np.float32], k: int, view: str) -> list[Neighbour]:
        key = views.ENTITY_IDS[view]
        refs = [f"{view}:{views.VECTORS[view]}", f"{view}:{key}"]
        numbers = np.asarray(vector, np.float32).tolist()
        with translated_errors(self._store, self._directory):
            answer = self._store.retrieve_online_documents_v2(features=refs, query=numbers, top_k=k).to_dict()
        # Feast 0.67 returns the ids in order of similarity, but features and distances in the ids' alphabetical order:
        # _retrieve_from_online_store_v2 spreads rows by indexes that were made for deduplicated, sorted keys.
        scores = sorted(answer["distance"], reverse=True)
        return [Neighbour(entity_id, float(score)) for entity_id, score in zip(answer[key], scores, strict=True)]

    def _search_offline(self, vector: NDArray[np.float32], k: int, view: str) -> list[Neighbour]:
        if view not in self._offline:
            self._offline[view] = read_vectors(self._directory, view)
        ids, vectors = self._offline[view]
        if not ids:
            return []
        if vectors.shape[1] != len(vector):
            raise FeatureStoreError(f"the vector has {len(vector)} numbers, those of {view} have {vectors.shape[1]}")
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
        scores = (vectors @ np.asarray(vector, np.float32)) / np.maximum(lengths, np.finfo(np.float32).tiny)
        best = np.argsort(-scores, kind="stable")[:k]
        return [Neighbour(ids[index], float(scores[index])) for index in best]
