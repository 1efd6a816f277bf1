"""Rankings of the catalogue for queries with measurements, to choose what a product that contradicts them loses."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.data.contract.splits import is_validation
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.search.build.catalogue_ranking import PAIRS, CatalogueRanking
from vitrine.search.build.judged_pairs import JudgedPairs, Rows, Values, classify
from vitrine.search.build.weight_choice import gain_log_odds
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.index.lexical_words import query_ids
from vitrine.search.index.measurements import contradicted, only_measurements
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks, sampled_rows
from vitrine.search.settings import SearchWeights
from vitrine.text.graph_words import PADDING

WEIGHTS: Final = np.linspace(0, 6, 13)
"""Log-odds to choose from."""
UNKNOWN: Final = 3.0
"""The choice if no judged query has a measurement: the median, as if all choices were as good."""
QUERIES: Final = 200
"""Maximal number of queries, with some 200 products each that the classifier scores."""


@dataclass(frozen=True)
class MeasuredRanking:
    """Products that similarity or words find for judged queries with measurements: R rows.

    Attributes:
        ranking: the rows, with the judgements of their queries.
        log_odds: by similarity, words and features, float64 [R].
        probabilities: of each class, float64 [R, 4].
        contradicted: bool [R].
        blend: the share of the classifier in the score.
    """

    ranking: CatalogueRanking
    log_odds: Values
    probabilities: Values
    contradicted: npt.NDArray[np.bool_]
    blend: float

    @classmethod
    def of(
        cls,
        pairs: JudgedPairs,
        products: Products,
        classifier: tf.Module,
        index: LexicalIndex,
        weights: SearchWeights,
        validation_share: float,
    ) -> "MeasuredRanking | None":
        """Rank for queries that the classifier's training held out, by `weights`; None if none has a measurement."""
        known, first = np.unique(pairs.vector, return_index=True)
        texts = pairs.query[first]
        measured = (only_measurements(query_ids(tf.constant(texts, tf.string))).numpy() != PADDING).any(axis=1)
        held_out = np.array([is_validation(query, validation_share) for query in texts], bool)
        chosen = known[measured & held_out if held_out.any() else measured]
        if not len(chosen):
            return None
        chosen = chosen[sampled_rows(len(chosen), QUERIES, seed=0)]
        ranking = CatalogueRanking.of(pairs.of_queries(chosen), products, weights.text_query, index)
        classes = classify(ranking.pairs, products, classifier)
        log_odds = weights.text_query.slope * ranking.similarity + weights.text_query.intercept
        log_odds += ranking.words @ np.array([weights.lexical, weights.coverage])
        if weights.features:
            log_odds += classes.features @ np.array(weights.features)
        return cls(
            ranking,
            log_odds,
            classes.probabilities.astype(np.float64),
            contradicted_pairs(ranking.pairs.query, ranking.pairs.row, index),
            weights.blend,
        )

    def ndcg(self, weight: float) -> Values:
        """Return nDCG@10 of each query if contradicting products lose log-odds of `weight`."""
        loss = weight * self.contradicted
        probabilities = self.probabilities.copy()
        probabilities[:, CLASS_IDS["E"]] *= np.exp(-loss)
        by_gain = gain_log_odds(probabilities @ np.array(GAINS) / probabilities.sum(axis=1))
        return self.ranking.ndcg((1 - self.blend) * (self.log_odds - loss) + self.blend * by_gain)


def contradicted_pairs(query: npt.NDArray[np.object_], row: Rows, index: LexicalIndex) -> npt.NDArray[np.bool_]:
    """Return whether the product of each pair contradicts its query, bool [P]."""
    found = [np.empty(0, bool)]
    for part in row_blocks(len(row), PAIRS):
        wanted = only_measurements(query_ids(tf.constant(query[part], tf.string)))
        given = index.measurements.of(tf.constant(row[part, np.newaxis], tf.int32))
        found.append(contradicted(wanted, given).numpy()[:, 0])
    return np.concatenate(found)
