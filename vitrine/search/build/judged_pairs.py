"""Judged pairs as arrays, for tuning."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf

from vitrine.data import columns
from vitrine.data.formats.arrow import objects
from vitrine.embeddings.table import EmbeddingTable
from vitrine.errors import DataError
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.numbered import Pairs, RankedPairs, tie_breaks
from vitrine.search.model.pair_scorer import CLASSIFY
from vitrine.search.products import Products
from vitrine.search.row_blocks import Vectors, row_blocks

METRIC: Final = "ndcg@10"
BATCH: Final = 8192
EXACT: Final = GAINS[CLASS_IDS["E"]]

Rows = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class JudgedPairs:
    """P judged pairs.

    Attributes:
        query_id: str [P].
        query: the query's text, str [P].
        vectors: the queries' vectors, float32 [Q, D].
        vector: each pair's row in `vectors`, int64 [P].
        row: each pair's product, int64 [P].
        gain: float64 [P].
    """

    query_id: npt.NDArray[np.object_]
    query: npt.NDArray[np.object_]
    vectors: Vectors
    vector: Rows
    row: Rows
    gain: Values

    @classmethod
    def of(cls, judgements: pa.Table, queries: EmbeddingTable, products: Products) -> "JudgedPairs":
        """Return the pairs of judgements in the contract's columns, with the embeddings of their queries.

        Raises:
            DataError: a judgement names an unknown query or product.
        """
        vector = _positions(queries.rows.table[columns.QUERY_ID], judgements[columns.QUERY_ID], "query_id")
        row = _positions(products.table[columns.PRODUCT_ID], judgements[columns.PRODUCT_ID], "product_id")
        gains = [GAINS[CLASS_IDS[label]] for label in objects(judgements[columns.ESCI_LABEL])]
        return cls(
            objects(judgements[columns.QUERY_ID]),
            objects(judgements[columns.QUERY]),
            queries.vectors[columns.QUERY_VECTOR],
            vector,
            row,
            np.asarray(gains, dtype=np.float64),
        )

    def where(self, mask: npt.NDArray[np.bool_]) -> "JudgedPairs":
        """Return the pairs of a mask, bool [P]."""
        names = ("query_id", "query", "vector", "row", "gain")
        return replace(self, **{name: getattr(self, name)[mask] for name in names})

    def of_queries(self, vector: Rows) -> "JudgedPairs":
        """Return the pairs of the queries whose rows in `vectors` are `vector`."""
        return self.where(np.isin(self.vector, vector))

    def ndcg(self, score: npt.ArrayLike) -> Values:
        """Return nDCG@10 of each query's pairs ranked by `score` [P]: [queries], always in the same order."""
        return self._ranked.measure(score, [METRIC])[METRIC]

    @cached_property
    def _ranked(self) -> RankedPairs:
        query, queries = pd.factorize(self.query_id, sort=True)
        rows, product = np.unique(self.row, return_inverse=True)
        pairs = Pairs(query, product)
        return RankedPairs(len(queries), pairs, self.gain, pairs, tie_breaks(rows))


def pair_similarities(pairs: JudgedPairs, products: Products) -> tuple[Values, Values]:
    """Return the inner products of each pair's query with the product's text vector and image vector, [P] each."""
    similarities = [
        [
            np.einsum("pd,pd->p", pairs.vectors[pairs.vector[batch]], vectors[pairs.row[batch]])
            for batch in row_blocks(len(pairs.row), BATCH)
        ]
        for vectors in (products.text_vectors, products.image_vectors)
        if vectors is not None
    ]
    by_text, *by_image = (np.concatenate([np.empty(0), *parts]) for parts in similarities)
    return by_text, by_image[0] if by_image else np.zeros(len(pairs.row))


class PairClasses(NamedTuple):
    """The classifier's output for P pairs.

    Attributes:
        probabilities: of each class, float32 [P, 4].
        features: the lexical features, float32 [P, F].
    """

    probabilities: Vectors
    features: Vectors

    @property
    def expected_gain(self) -> Values:
        """The expected gain of each pair, [P]."""
        gains: Values = self.probabilities @ np.array(GAINS)
        return gains


def classify(pairs: JudgedPairs, products: Products, classifier: tf.Module) -> PairClasses:
    """Classify each pair; `classifier` has the signature `classify_with_features`."""
    signature = classifier.signatures[CLASSIFY]
    probabilities = [np.empty((0, len(GAINS)), np.float32)]
    features = [np.empty((0, signature.structured_outputs["lexical"].shape[1]), np.float32)]
    for batch in row_blocks(len(pairs.row), BATCH):
        rows = pairs.row[batch]
        answer = signature(
            **{name: tf.constant(texts, tf.string) for name, texts in products.texts(rows).items()},
            **{
                columns.QUERY: tf.constant(pairs.query[batch], tf.string),
                columns.QUERY_VECTOR: tf.constant(pairs.vectors[pairs.vector[batch]]),
                columns.TEXT_VECTOR: tf.constant(products.text_vectors[rows]),
                columns.IMAGE_VECTOR: tf.constant(products.images(rows)),
                columns.HAS_IMAGE: tf.constant(products.has_image[rows].astype(np.int64)),
            },
        )
        probabilities.append(answer["probabilities"].numpy())
        features.append(answer["lexical"].numpy())
    return PairClasses(np.concatenate(probabilities), np.concatenate(features))


def _positions(known: pa.ChunkedArray, wanted: pa.ChunkedArray, column: str) -> Rows:
    positions = pc.index_in(wanted, known).combine_chunks()
    if positions.null_count:
        missing = wanted.filter(pc.is_null(positions))[0].as_py()
        raise DataError(f"judgements name the {column} '{missing}', which has no vectors; run EmbeddingGen again")
    return np.asarray(positions, dtype=np.int64)
