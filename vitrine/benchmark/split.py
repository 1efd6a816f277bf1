"""A split's queries and judged pairs as arrays, for scoring and for metrics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vitrine.data import columns
from vitrine.embeddings.table import EmbeddingTable
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.metrics.ranking import Judgements, Run
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.products import Products

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Q queries, sorted by id, and P judged pairs.

    Attributes:
        ids, texts, sources: str [Q].
        pairs: the judged pairs; its vectors are those of the queries.
        query: int64 [P], each pair's query.
        label: int64 [P], class ids.
        product_ids: str [P], each pair's product.
    """

    ids: list[str]
    texts: list[str]
    sources: list[str]
    pairs: JudgedPairs
    query: Rows
    label: Rows
    product_ids: npt.NDArray[np.object_]

    @classmethod
    def of(cls, judgements: pa.Table, queries: EmbeddingTable, products: Products) -> "Split":
        """Return the split of judgements in the contract's columns, with the embeddings of their queries.

        Raises:
            DataError: a judgement names a query or a product without vectors.
        """
        pairs = JudgedPairs.of(judgements, queries, products)
        ids, first, query = np.unique(pairs.query_id.astype(str), return_index=True, return_inverse=True)
        first_rows = judgements.take(pa.array(first))
        labels = judgements[columns.ESCI_LABEL].to_pylist()
        return cls(
            ids.tolist(),
            first_rows[columns.QUERY].to_pylist(),
            first_rows[columns.SOURCE].to_pylist(),
            pairs,
            query,
            np.array([CLASS_IDS[label] for label in labels], np.int64),
            np.array(judgements[columns.PRODUCT_ID].to_pylist(), object),
        )

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        """The queries' vectors, float32 [Q, D]."""
        first = np.unique(self.query, return_index=True)[1]
        return self.pairs.vectors[self.pairs.vector[first]]

    def judgements(self, gains: Sequence[float] = GAINS) -> Judgements:
        """Return the judgements, with gains by class id."""
        return Judgements(self.pairs.query_id, self.product_ids, np.asarray(gains)[self.label])

    def run(self, score: npt.ArrayLike) -> Run:
        """Return the judged pools ranked by `score` [P]."""
        return Run(self.pairs.query_id, self.product_ids, np.asarray(score, np.float64))

    def ranks(self, score: npt.ArrayLike) -> Floats:
        """Return each pair's rank in its pool by falling `score` [P], from 1; equal scores share their mean rank."""
        return np.asarray(pd.Series(-np.asarray(score, np.float64)).groupby(self.query).rank(), np.float64)
