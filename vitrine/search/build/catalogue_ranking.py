"""Rankings of the whole catalogue for judged queries, to choose weights by what they would find."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.search.build.judged_pairs import METRIC, JudgedPairs, Rows, Values
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.leading_coordinates import nearest
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks, sampled_rows
from vitrine.search.settings import Fusion

QUERIES: Final = 1000
"""Maximal number of queries whose rankings are computed."""
FOUND: Final = 100
"""Products that each source finds for a query."""
PAIRS: Final = 8192


@dataclass(frozen=True)
class CatalogueRanking:
    """The products that similarity or words find for judged queries: R rows, each a query with a product.

    Attributes:
        judged: the judged pairs of the queries.
        query_id: str [R].
        row: each row's product, int64 [R].
        similarity: calibrated, float64 [R].
        words: lexical score and coverage, float64 [R, 2].
    """

    judged: JudgedPairs
    query_id: npt.NDArray[np.object_]
    row: Rows
    similarity: Values
    words: Values

    @classmethod
    def of(
        cls, pairs: JudgedPairs, products: Products, fusion: Fusion, index: LexicalIndex, queries: int = QUERIES
    ) -> "CatalogueRanking":
        """Find products for at most `queries` queries of `pairs`, exactly by similarity and by the postings."""
        known = np.unique(pairs.vector)
        chosen = known[sampled_rows(len(known), queries, seed=0)]
        judged = pairs.where(np.isin(pairs.vector, chosen))
        _, first = np.unique(judged.vector, return_index=True)
        vectors = np.asarray(judged.vectors[chosen])
        fused = FusedVectors(fusion, products)
        _, similar = nearest(vectors, fused, fused.bias, min(FOUND, products.count))
        worded = _by_words(judged.query[first], index, min(FOUND, products.count))
        found = np.concatenate([similar, worded], axis=1)
        query, row = np.repeat(np.arange(len(chosen)), found.shape[1]), found.ravel()
        query, row = np.unique(np.stack([query, row])[:, row != NO_ROW], axis=1)
        similarity = [
            np.einsum("pd,pd->p", vectors[query[part]], fused[row[part]]) for part in row_blocks(len(row), PAIRS)
        ]
        words = word_scores(index, judged.query[first][query], row)
        return cls(
            judged,
            judged.query_id[first][query],
            row,
            np.concatenate([np.empty(0), *similarity]) + fused.bias[row],
            words,
        )

    def ndcg(self, score: npt.ArrayLike) -> Values:
        """Return nDCG@10 of each query's products ranked by `score` [R]."""
        return self.measure(score, [METRIC])[METRIC]

    def measure(self, score: npt.ArrayLike, metrics: Sequence[str]) -> dict[str, Values]:
        """Return each metric of each query, in the order of their ids; products without a judgement have no gain."""
        judged, found = (rows.astype(str).astype(object) for rows in (self.judged.row, self.row))
        run = Run(self.query_id, found, np.asarray(score, np.float64))
        return per_query(Judgements(self.judged.query_id, judged, self.judged.gain), run, metrics)


def word_scores(index: LexicalIndex, query: npt.NDArray[np.object_], row: Rows) -> Values:
    """Return the lexical score and the coverage of each pair of a query's text and a product, float64 [P, 2]."""
    found = [np.empty((0, 2))]
    for part in row_blocks(len(row), PAIRS):
        words = index.statistics.find(tf.constant(query[part], tf.string))
        scores = index.scores(words, tf.constant(row[part, np.newaxis], tf.int32))
        found.append(np.concatenate([score.numpy() for score in scores], axis=1))
    return np.concatenate(found).astype(np.float64)


def _by_words(queries: npt.NDArray[np.object_], index: LexicalIndex, count: int) -> Rows:
    """Return the best `count` products of each query by its words, int64 [Q, `count`]."""
    words = index.statistics.find(tf.constant(queries, tf.string))
    best = tf.function(lambda each: index.best(each, count), autograph=False)
    return np.stack([best(each).numpy() for each in words]).astype(np.int64)
