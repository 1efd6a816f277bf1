"""Tuning of the weights of text queries, over the whole catalogue: judged pools are often made of what words had found.

The steps take each what the earlier ones have chosen:

1. The shares of the lexical score and of the coverage beside similarity, by nDCG@10.
2. The weights of the classifier's lexical features beside both, by `vitrine.search.build.listwise`. The features
   themselves are not learnt from judgements, so every train query can teach them.
3. The line from the sum to the log-odds of being exact, by logistic regression.
4. The blend with the classifier, by the mean of nDCG@10 over the catalogue and over the judged pools, of the queries
   that the classifier's training held out: on the others its probabilities are overconfident.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.data.contract.splits import is_validation
from vitrine.search.build.catalogue_ranking import CatalogueRanking
from vitrine.search.build.judged_pairs import EXACT, JudgedPairs, Rows, Values, classify
from vitrine.search.build.listwise import fit_listwise
from vitrine.search.build.weight_choice import GRID, choose_weight, gain_log_odds, scale
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.products import Products
from vitrine.search.settings import SearchWeights

QUERIES: Final = 1000
"""Maximal number of queries whose rankings are computed."""
CLASSIFIED: Final = 500
"""Maximal number of queries whose products are classified."""
WORDS_GRID: Final = GRID[GRID < 1]
"""Shares of a score of words in a sum, in units of the deviation of each summand."""
LOWEST_STD: Final = 1e-6


def tune_text_queries(
    weights: SearchWeights,
    pairs: JudgedPairs,
    products: Products,
    classifier: tf.Module,
    index: LexicalIndex | None,
    validation_share: float,
) -> SearchWeights:
    """Choose the weights of text queries on judged pairs of the train split; `weights` has their fusion.

    `index` are the postings of the catalogue; without them, words have no weight. `validation_share` is the share of
    the queries that the classifier's training held out.
    """
    chosen = choose_queries(pairs, validation_share)
    ranking = CatalogueRanking.of(pairs.of_queries(chosen.ranked), products, weights.text_query, index)
    ratios = fit_words(ranking)
    classified = ranking.of_queries(chosen.classified)
    classes = classify(classified.pairs, products, classifier)
    score = classified.similarity + classified.words @ ratios
    features = fit_listwise(score, classes.features, classified.pairs.query_id, classified.pairs.gain)
    score = score + classes.features @ features
    judged = classified.is_judged
    fusion = scale(weights.text_query, score[judged], classified.pairs.gain[judged] == EXACT)
    log_odds = fusion.slope * score + fusion.intercept
    held_out = np.isin(classified.pairs.vector, chosen.held_out)
    by_gain = gain_log_odds(classes.expected_gain)
    blend = fit_blend(classified.of_queries(chosen.held_out), log_odds[held_out], by_gain[held_out])
    by_score, by_coverage = (fusion.slope * ratios).tolist()
    return weights.model_copy(
        update={
            "text_query": fusion,
            "lexical": by_score,
            "coverage": by_coverage,
            "features": tuple((fusion.slope * features).tolist()) if features.any() else (),
            "blend": blend,
        }
    )


@dataclass(frozen=True)
class ChosenQueries:
    """Rows of queries in the judged pairs' `vectors`, each part within the one before it.

    Attributes:
        ranked: those whose rankings of the catalogue are computed.
        classified: those whose products are classified.
        held_out: those that the classifier's training held out, or all of `classified` if it held out none.
    """

    ranked: Rows
    classified: Rows
    held_out: Rows


def choose_queries(
    pairs: JudgedPairs, validation_share: float, ranked: int = QUERIES, classified: int = CLASSIFIED
) -> ChosenQueries:
    """Choose at most `ranked` random queries, and of these at most `classified`, held-out ones first."""
    known, first = np.unique(pairs.vector, return_index=True)
    held_out = np.array([is_validation(query, validation_share) for query in pairs.query[first]], bool)
    order = np.random.default_rng(0).permutation(len(known))
    order = order[np.argsort(~held_out[order], kind="stable")]
    tested = order[:classified][held_out[order[:classified]]]
    return ChosenQueries(
        known[order[:ranked]], known[order[:classified]], known[tested if len(tested) else order[:classified]]
    )


def fit_words(ranking: CatalogueRanking) -> Values:
    """Choose the factors of the lexical score and of the coverage beside similarity, float64 [2]; 0 for no help.

    The factor of the score is chosen first, then that of the coverage beside both.
    """
    ratios, ranked = np.zeros(2), ranking.similarity
    for place, scores in enumerate(ranking.words.T):
        ratios[place] = _ratio(ranking, ranked, scores)
        ranked = ranked + ratios[place] * scores
    return ratios


def _ratio(ranking: CatalogueRanking, ranked: Values, scores: Values) -> float:
    """Return the factor of `scores` [R] with which they improve the scores `ranked` [R] most; 0 if they do not."""
    found = ranking.found
    unit = max(float(ranked[found].std()), LOWEST_STD) / max(float(scores[found].std()), LOWEST_STD)

    def ndcg(share: float) -> Values:
        return ranking.ndcg(ranked + unit * share / (1 - share) * scores)

    share = choose_weight(ndcg, WORDS_GRID)
    return unit * share / (1 - share) if ndcg(share).mean() > ndcg(0).mean() else 0.0


def fit_blend(ranking: CatalogueRanking, log_odds: Values, by_gain: Values) -> float:
    """Choose the share of the classifier's log-odds `by_gain` [R] beside `log_odds` [R]."""
    judged = ranking.is_judged
    pools = ranking.pairs.where(judged)

    def ndcg(blend: float) -> Values:
        score = (1 - blend) * log_odds + blend * by_gain
        return np.concatenate([ranking.ndcg(score), pools.ndcg(score[judged])])

    return choose_weight(ndcg)
