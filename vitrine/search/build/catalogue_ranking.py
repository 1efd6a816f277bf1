"""Rankings of the whole catalogue for judged queries, to choose weights by what they would find."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import tensorflow as tf

from vitrine.metrics.numbered import Pairs, RankedPairs, tie_breaks
from vitrine.search.build.judged_pairs import METRIC, JudgedPairs, Rows, Values
from vitrine.search.fusion import FusedVectors
from vitrine.search.index.ivf_index import NO_ROW
from vitrine.search.index.leading_coordinates import nearest
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks
from vitrine.search.settings import Fusion

FOUND: Final = 100
"""Products that each source finds for a query."""
PAIRS: Final = 8192


@dataclass(frozen=True)
class CatalogueRanking:
    """The products that similarity or words find for judged queries, and the judged ones: R pairs, each once.

    Attributes:
        judged: the judged pairs of the queries.
        pairs: the R pairs, by query; those that are not judged have no gain.
        found: whether similarity or words find the product, bool [R].
        is_judged: whether the pair is judged, bool [R].
        similarity: calibrated, float64 [R].
        words: lexical score and coverage, float64 [R, 2]; zeros without an index.
    """

    judged: JudgedPairs
    pairs: JudgedPairs
    found: npt.NDArray[np.bool_]
    is_judged: npt.NDArray[np.bool_]
    similarity: Values
    words: Values

    @classmethod
    def of(
        cls, judged: JudgedPairs, products: Products, fusion: Fusion, index: LexicalIndex | None
    ) -> "CatalogueRanking":
        """Find products for the queries of `judged`, exactly by similarity and, with an index, by its postings."""
        chosen, first = np.unique(judged.vector, return_index=True)
        vectors = np.asarray(judged.vectors[chosen])
        fused = FusedVectors(fusion, products)
        count = min(FOUND, products.count)
        _, found = nearest(vectors, fused, fused.bias, count)
        if index is not None:
            found = np.concatenate([found, _by_words(judged.query[first], index, count)], axis=1)
        cells = np.repeat(np.arange(len(chosen)), found.shape[1]) * products.count + found.ravel()
        cells = np.unique(cells[found.ravel() != NO_ROW])
        judged_cells = np.searchsorted(chosen, judged.vector) * products.count + judged.row
        every = np.union1d(cells, judged_cells)
        query, row = np.divmod(every, products.count)
        gain = np.zeros(len(every))
        np.maximum.at(gain, np.searchsorted(every, judged_cells), judged.gain)
        pairs = JudgedPairs(
            judged.query_id[first][query], judged.query[first][query], judged.vectors, chosen[query], row, gain
        )
        similarity = [
            np.einsum("pd,pd->p", vectors[query[part]], fused[row[part]]) for part in row_blocks(len(row), PAIRS)
        ]
        return cls(
            judged,
            pairs,
            np.isin(every, cells),
            np.isin(every, judged_cells),
            np.concatenate([np.empty(0), *similarity]) + fused.bias[row],
            np.zeros((len(row), 2)) if index is None else word_scores(index, pairs.query, row),
        )

    def of_queries(self, vector: Rows) -> "CatalogueRanking":
        """Return the ranking of the queries whose rows in the judged pairs' `vectors` are `vector`."""
        mask = np.isin(self.pairs.vector, vector)
        return CatalogueRanking(
            self.judged.of_queries(vector),
            self.pairs.where(mask),
            self.found[mask],
            self.is_judged[mask],
            self.similarity[mask],
            self.words[mask],
        )

    def ndcg(self, score: npt.ArrayLike) -> Values:
        """Return nDCG@10 of each query's found products ranked by `score` [R]."""
        return self.measure(score, [METRIC])[METRIC]

    def measure(self, score: npt.ArrayLike, metrics: Sequence[str]) -> dict[str, Values]:
        """Return each metric of each query, in the order of their ids; products without a judgement have no gain."""
        return self._ranked.measure(np.asarray(score, np.float64)[self.found], metrics)

    @cached_property
    def _ranked(self) -> RankedPairs:
        found, judged = self.pairs.where(self.found), len(self.judged.row)
        query, queries = pd.factorize(np.concatenate([self.judged.query_id, found.query_id]), sort=True)
        rows, product = np.unique(np.concatenate([self.judged.row, found.row]), return_inverse=True)
        parts = [Pairs(query[part], product[part]) for part in (slice(judged), slice(judged, None))]
        return RankedPairs(len(queries), parts[0], self.judged.gain, parts[1], tie_breaks(rows))


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
