"""Hard negatives: unjudged documents that an encoder, or BM25, finds for a query."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine import progress
from vitrine.baselines.bm25 import Bm25
from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.encoders.protocol import Encoder
from vitrine.tuning.judged_texts import JudgedTexts, Rows

RANKS: Final = (5, 60)
"""Ranks, from 0, that are drawn from. Those above are often as good as the judged documents."""
DOCUMENTS: Final = 100_000
"""Largest number of documents that are searched."""
BLOCK: Final = 256
ENCODED: Final = 2_048
"""Documents that are encoded between two reports of the progress."""

TASK: Final = "mining hard negatives"

Vectors = npt.NDArray[np.float32]


def mine(encoder: Encoder, judged: JudgedTexts, queries: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Draw `count` unjudged documents for each query among those with `RANKS`, int64 [Q, `count`], -1 for none."""
    mined = np.full((len(queries), count), -1, np.int64)
    if not count:
        return mined
    searched = np.sort(rng.permutation(len(judged.documents))[:DOCUMENTS])
    documents = encode_documents(encoder, judged, searched, TASK)
    asked = encoder.encode_text([judged.queries[query] for query in queries])
    for start, ranked in similar(asked, documents, RANKS[1]):
        for place, row in enumerate(searched[ranked]):
            drawn = _draw(judged, int(queries[start + place]), row, count, rng)
            mined[start + place, : len(drawn)] = drawn
    return mined


class LexicalMiner:
    """BM25's ranking of the documents for each query, of which each epoch draws others.

    At most `DOCUMENTS` are searched, drawn at random.
    """

    def __init__(self, judged: JudgedTexts, queries: Rows, rng: np.random.Generator) -> None:
        """Search the documents for rows of queries, int64 [Q]."""
        self._judged, self._queries = judged, queries
        searched = np.sort(rng.permutation(len(judged.documents))[:DOCUMENTS])
        texts = [judged.queries[query] for query in queries]
        fields = dict.fromkeys(PRODUCT_TEXT, pa.array([""] * len(searched)))
        fields |= {PRODUCT_ID: pa.array(map(str, searched)), PRODUCT_TEXT[0]: judged.documents.take(pa.array(searched))}
        index = Bm25(pa.table(fields), texts)
        self._ranked: list[Rows] = []
        for start in range(0, len(texts), BLOCK):
            progress.report(TASK, start, len(texts))
            found = index.search(texts[start : start + BLOCK], RANKS[1])
            self._ranked += [np.array([int(row) for row in rows], np.int64) for rows in found]
        progress.report(TASK, len(texts), len(texts))

    def mine(self, count: int, rng: np.random.Generator) -> Rows:
        """Draw `count` unjudged documents for each query among those with `RANKS`, int64 [Q, `count`], -1 for none."""
        mined = np.full((len(self._queries), count), -1, np.int64)
        for place, (query, ranked) in enumerate(zip(self._queries.tolist(), self._ranked, strict=True)):
            drawn = _draw(self._judged, query, ranked, count, rng)
            mined[place, : len(drawn)] = drawn
        return mined


def _draw(judged: JudgedTexts, query: int, ranked: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Draw at most `count` of the ranked documents that are unjudged and below the first `RANKS`."""
    pool, _ = judged.pool(query)
    drawn: Rows = rng.permutation(np.setdiff1d(ranked[RANKS[0] :], pool))[:count]
    return drawn


def encode_documents(encoder: Encoder, judged: JudgedTexts, rows: Rows, task: str) -> Vectors:
    """Encode documents, float32 [R, D], with a report of the progress."""
    blocks = []
    for start in range(0, len(rows), ENCODED):
        progress.report(task, start, len(rows))
        blocks.append(encoder.encode_document(judged.texts(rows[start : start + ENCODED])))
    progress.report(task, len(rows), len(rows))
    return np.concatenate(blocks)


def similar(queries: Vectors, documents: Vectors, k: int) -> Iterator[tuple[int, Rows]]:
    """Yield blocks of queries: the place of the first one, and the rows [B, `k`] of the most similar documents.

    Args:
        queries: float32 [Q, D].
        documents: float32 [N, D]; if there are fewer than `k`, all are ranked.
        k: the number of documents.
    """
    k = min(k, len(documents))
    for start in range(0, len(queries), BLOCK):
        similarity = queries[start : start + BLOCK] @ documents.T
        best = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(similarity, best, axis=1), axis=1)
        yield start, np.take_along_axis(best, order, axis=1)
