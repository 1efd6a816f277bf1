"""A split's judged pairs as positions, and the metrics of ranking them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vitrine.data import columns
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
    """

    ids: list[str]
    texts: list[str]
    sources: list[str]
    pairs: JudgedPairs
    query: Rows
    label: Rows
    product_ids: npt.NDArray[np.object_]

    @classmethod
    def of(cls, judgements: pa.Table, queries: pa.Table, products: Products) -> "Split":
        """From judgements in the contract's columns, `queries` with `query_id` and `query_vector`, and the catalogue.

        Raises:
            DataError: a judgement names a query or a product without vectors.
        """
        pairs = JudgedPairs.of(judgements, queries, products)
        ids, first, query = np.unique(pairs.query_id.astype(str), return_index=True, return_inverse=True)
        taken = judgements.take(pa.array(first))
        labels = judgements[columns.ESCI_LABEL].to_pylist()
        return cls(
            ids.tolist(),
            taken[columns.QUERY].to_pylist(),
            taken[columns.SOURCE].to_pylist(),
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
        """The judged pairs with their gains by class id."""
        return Judgements(self.pairs.query_id, self.product_ids, np.asarray(gains)[self.label])

    def run(self, score: npt.ArrayLike) -> Run:
        """The judged pools ranked by `score` [P]."""
        return Run(self.pairs.query_id, self.product_ids, np.asarray(score, np.float64))

    def ranks(self, score: npt.ArrayLike) -> Floats:
        """Each pair's rank among those of its query by falling `score` [P], from 1; equal scores share the middle."""
        return np.asarray(pd.Series(-np.asarray(score, np.float64)).groupby(self.query).rank(), np.float64)
