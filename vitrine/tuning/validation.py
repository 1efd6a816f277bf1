"""Measurement of an encoder on held-out queries, which search the documents that are judged for them among others."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.encoders.protocol import Encoder
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.mining import encode_documents, search

NDCG: Final = "ndcg@10"
RECALL: Final = "recall@100"
METRICS: Final = (NDCG, RECALL)

Values = dict[str, npt.NDArray[np.float64]]
"""Each metric of each query, float64 [Q]."""


@dataclass(frozen=True)
class HeldOut:
    """Held-out queries and the documents that they search, as rows of the judged texts."""

    judged: JudgedTexts
    queries: Rows
    documents: Rows

    @classmethod
    def sample(cls, judged: JudgedTexts, queries: Rows, documents: int, rng: np.random.Generator) -> "HeldOut":
        """Take the documents that are judged for `queries`, and others up to `documents` in all."""
        own = np.unique(judged.document[np.isin(judged.query, queries)])
        others = np.setdiff1d(np.arange(len(judged.documents)), own)
        more = rng.permutation(others)[: max(documents - len(own), 0)]
        return cls(judged, queries, np.sort(np.concatenate([own, more])))

    def measure(self, encoder: Encoder) -> Values:
        """Measure an encoder's searches."""
        vectors = encode_documents(encoder, self.judged, self.documents, "measuring the encoder")
        found = [self.documents[ranked] for _, ranked in search(encoder, self.judged, self.queries, vectors, 100)]
        ranked = np.concatenate(found)
        results = Run.from_top(_names(self.queries), [_names(row) for row in ranked])
        return per_query(self._judgements(), results, METRICS)

    def _judgements(self) -> Judgements:
        mine = np.isin(self.judged.query, self.queries)
        query, document = self.judged.query[mine], self.judged.document[mine]
        return Judgements(
            np.array(_names(query), object),
            np.array(_names(document), object),
            self.judged.gain[mine].astype(np.float64),
        )


def _names(rows: Rows) -> list[str]:
    return [str(row) for row in rows]
