"""Measurement of an encoder on held-out queries, which search the documents that are judged for them among others."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.encoders.protocol import Encoder
from vitrine.metrics.ranking import Judgements, Run, judged_pools, per_query
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.mining import Vectors, encode_documents, similar

NDCG: Final = "ndcg@10"
RECALL: Final = "recall@100"
POOLS: Final = "pools_ndcg@10"
"""nDCG@10 of the judged documents alone."""
DEPTH: Final = 100

Values = dict[str, npt.NDArray[np.float64]]
"""Each metric of each query, float64 [Q]."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out queries and the documents that they search, as rows of the judged texts in ascending order."""

    judged: JudgedTexts
    queries: Rows
    documents: Rows

    @classmethod
    def sample(cls, judged: JudgedTexts, queries: Rows, documents: int, rng: np.random.Generator) -> "HeldOut":
        """Take the documents that are judged for `queries`, and others up to `documents` in all."""
        return cls(judged, queries, sampled_documents(judged, queries, documents, rng))

    def measure(self, encoder: Encoder) -> Values:
        """Measure an encoder's searches and its order of the judged documents by similarity.

        The queries of the values are in the order of `vitrine.metrics.ranking`, the same for every encoder.
        """
        queries = encoder.encode_text([self.judged.queries[query] for query in self.queries])
        documents = self._documents(encoder, queries)
        found = np.concatenate([self.documents[rows] for _, rows in similar(queries, documents, DEPTH)])
        results = Run.from_top(_names(self.queries), [_names(row) for row in found])
        pairs = self._pairs
        asked = np.searchsorted(self.queries, self.judged.query[pairs])
        offered = np.searchsorted(self.documents, self.judged.document[pairs])
        similarity = np.einsum("pd,pd->p", queries[asked], documents[offered])
        pools = judged_pools(self.judgements).measure(similarity, [NDCG])
        return {**per_query(self.judgements, results, (NDCG, RECALL)), POOLS: pools[NDCG]}

    def _documents(self, encoder: Encoder, _queries: Vectors) -> Vectors:
        """Return the vectors of the documents, float32 [D, W]."""
        return encode_documents(encoder, self.judged, self.documents, "measuring the encoder")

    @cached_property
    def judgements(self) -> Judgements:
        """The judged pairs of the queries."""
        pairs = self._pairs
        query, document = self.judged.query[pairs], self.judged.document[pairs]
        gain = self.judged.gain[pairs].astype(np.float64)
        return Judgements(np.array(_names(query), object), np.array(_names(document), object), gain)

    @cached_property
    def _pairs(self) -> Rows:
        """The rows of the queries' judged pairs."""
        return np.flatnonzero(np.isin(self.judged.query, self.queries))


def sampled_documents(judged: JudgedTexts, queries: Rows, documents: int, rng: np.random.Generator) -> Rows:
    """Return the documents that are judged for `queries`, and others up to `documents` in all."""
    own = np.unique(judged.document[np.isin(judged.query, queries)])
    others = np.setdiff1d(np.arange(len(judged.documents)), own)
    more = rng.permutation(others)[: max(documents - len(own), 0)]
    return np.sort(np.concatenate([own, more]))


def _names(rows: Rows) -> list[str]:
    return [str(row) for row in rows]
