"""Tuning of the fusion weights, the weights of the words and the blend on judged pairs of the train split.

* Fusion weights maximise nDCG@10 of similarity over all given pairs: the encoder was not trained on judgements.
* The weight of the words maximises nDCG@10 of similarity and words together over the whole catalogue: judged pools are
  often made of what words had found.
* The blend maximises nDCG@10 of the final score over the queries that the classifier's training held out: on the
  others its probabilities are overconfident.
* There are no judgements of image queries. The image of an exact product is used as one: it should rank the other
  products of that query's pool by their labels.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from vitrine.data.contract.splits import is_validation
from vitrine.embeddings.table import EmbeddingTable
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.search.build.catalogue_ranking import CatalogueRanking, word_scores
from vitrine.search.build.judged_pairs import JudgedPairs, Values, expected_gains, pair_similarities
from vitrine.search.fusion import calibrated, combine
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.model.pair_scorer import LOWEST_GAIN
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchWeights

GRID: Final = np.linspace(0, 1, 21)
IMAGE_QUERY_GRID: Final = GRID[GRID <= 0.5]
"""Text weights of image queries: beyond one half, text would lower the rank of even the queried product."""
WORDS_GRID: Final = GRID[GRID < 1]
"""Shares of a score of words in a sum, in units of the deviation of each summand."""
LOWEST_STD: Final = 1e-6
IMAGE_QUERIES: Final = 2000
"""Maximal number of image queries."""
LOWEST_SLOPE: Final = 0.05
"""Lower bound of the slope, so that similarity always counts."""
EXACT: Final = GAINS[CLASS_IDS["E"]]


def tune(
    products: Products,
    judgements: pa.Table,
    queries: EmbeddingTable,
    classifier: tf.Module,
    validation_share: float = 0.15,
    seed: int = 0,
    lexical: LexicalIndex | None = None,
) -> SearchWeights:
    """Choose the weights of the search model.

    Args:
        products: the catalogue with its vectors.
        judgements: the train split, in the contract's columns.
        queries: the embeddings of at least the judged queries.
        classifier: the loaded ESCI classifier.
        validation_share: the share of the queries that the classifier's training held out.
        seed: the seed of the random pairs that calibrate similarities.
        lexical: the postings of the catalogue; without them, words have no weight.

    Raises:
        DataError: a judgement names a query or a product without vectors.
    """
    pairs = JudgedPairs.of(judgements, queries, products)
    query_vectors = pairs.vectors[np.unique(pairs.vector)]
    weights = calibrated(products, query_vectors if len(query_vectors) else None, seed)
    if not len(pairs.row):
        return weights
    text_query = fit_fusion(weights.text_query, pairs, products)
    image_query = fit_fusion(weights.image_query, image_query_pairs(pairs, products, seed), products, IMAGE_QUERY_GRID)
    words, weights_of_words = np.zeros((len(pairs.row), 2)), np.zeros(2)
    if lexical is not None:
        words = word_scores(lexical, pairs.query, pairs.row)
        text_query, weights_of_words = fit_words(text_query, pairs, products, lexical, words)
    blend = fit_blend(text_query, pairs, products, classifier, validation_share, words @ weights_of_words)
    by_score, by_coverage = weights_of_words.tolist()
    return SearchWeights(
        text_query=text_query, image_query=image_query, lexical=by_score, coverage=by_coverage, blend=blend
    )


def fit_fusion(fusion: Fusion, pairs: JudgedPairs, products: Products, grid: Values = GRID) -> Fusion:
    """Choose the text weight from `grid`, then the line from similarity to log-odds of being exact (Platt scaling)."""
    if not len(pairs.row):
        return fusion
    similarities = pair_similarities(pairs, products)
    if (products.has_text & products.has_image)[pairs.row].any():

        def ndcg(weight: float) -> Values:
            candidate = fusion.model_copy(update={"text_weight": weight})
            return pairs.ndcg(combine(candidate, products, pairs.row, *similarities))

        fusion = fusion.model_copy(update={"text_weight": choose_weight(ndcg, grid)})
    return scale(fusion, combine(fusion, products, pairs.row, *similarities), pairs.gain == EXACT)


def fit_words(
    fusion: Fusion, pairs: JudgedPairs, products: Products, index: LexicalIndex, words: Values
) -> tuple[Fusion, Values]:
    """Choose the shares of lexical score and coverage beside similarity, then the line to log-odds of being exact.

    The share of the score is chosen first, then that of the coverage beside both. `words` [P, 2] are the pairs' lexical
    scores and coverage. Returns the fusion with that line, and the log-odds of a unit of each, [2].
    """
    ranking = CatalogueRanking.of(pairs, products, fusion, index)
    ratios, ranked = np.zeros(2), ranking.similarity
    for place, scores in enumerate(ranking.words.T):
        ratios[place] = _ratio(ranking, ranked, scores)
        ranked = ranked + ratios[place] * scores
    if not ratios.any():
        return fusion, ratios
    similarity = combine(fusion, products, pairs.row, *pair_similarities(pairs, products))
    fusion = scale(fusion, similarity + words @ ratios, pairs.gain == EXACT)
    return fusion, fusion.slope * ratios


def _ratio(ranking: CatalogueRanking, ranked: Values, scores: Values) -> float:
    """Return the factor of `scores` [R] with which they improve the scores `ranked` [R] most; 0 if they do not."""
    unit = max(float(ranked.std()), LOWEST_STD) / max(float(scores.std()), LOWEST_STD)

    def ndcg(share: float) -> Values:
        return ranking.ndcg(ranked + unit * share / (1 - share) * scores)

    share = choose_weight(ndcg, WORDS_GRID)
    return unit * share / (1 - share) if ndcg(share).mean() > ndcg(0).mean() else 0.0


def scale(fusion: Fusion, similarity: Values, exact: npt.NDArray[np.bool_]) -> Fusion:
    """Fit slope and intercept by logistic regression of `exact` [P] on `similarity` [P]."""
    if exact.all() or not exact.any():
        return fusion
    slope, intercept = fit_line(similarity, exact)
    return fusion.model_copy(update={"slope": slope, "intercept": intercept})


def fit_line(score: Values, exact: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept of the log-odds of being exact, by logistic regression on a score [P] of unit size."""
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    line = LogisticRegression().fit(score[:, None], exact)
    return max(float(line.coef_[0, 0]), LOWEST_SLOPE), float(line.intercept_[0])


def fit_blend(
    fusion: Fusion,
    pairs: JudgedPairs,
    products: Products,
    classifier: tf.Module,
    validation_share: float,
    by_words: Values,
) -> float:
    """Choose the share of the classifier's log-odds in the score, on the queries that its training held out.

    `by_words` [P] are the log-odds that the words add to those of similarity.
    """
    held_out = np.array([is_validation(query, validation_share) for query in pairs.query])
    if held_out.any():
        pairs, by_words = pairs.where(held_out), by_words[held_out]
    similarity = combine(fusion, products, pairs.row, *pair_similarities(pairs, products))
    log_odds = fusion.slope * similarity + fusion.intercept + by_words
    by_gain = gain_log_odds(expected_gains(pairs, products, classifier))
    return choose_weight(lambda blend: pairs.ndcg((1 - blend) * log_odds + blend * by_gain))


def gain_log_odds(gain: npt.NDArray[np.floating]) -> Values:
    """Return the log-odds of expected gains of any shape, bounded as in the search model."""
    bounded = np.clip(np.asarray(gain, np.float64), LOWEST_GAIN, 1 - LOWEST_GAIN)
    odds: Values = np.log(bounded / (1 - bounded))
    return odds


def image_query_pairs(pairs: JudgedPairs, products: Products, seed: int = 0) -> JudgedPairs:
    """Return pairs of an exact product's image, as the query, with the other products of its pool."""
    images = products.image_vectors
    if images is None:
        return pairs.where(np.zeros(len(pairs.row), bool))
    rng = np.random.default_rng(seed)
    exact = np.flatnonzero((pairs.gain == EXACT) & products.has_image[pairs.row])
    exact = np.sort(rng.permutation(exact)[:IMAGE_QUERIES])
    _, pool = np.unique(pairs.query_id, return_inverse=True)
    order = np.argsort(pool, kind="stable")
    sizes = np.bincount(pool)
    starts = np.cumsum(sizes) - sizes
    # Every image query is paired with its whole pool: positions start, start + 1, … of the pool in `order`.
    lengths = sizes[pool[exact]]
    query = np.repeat(np.arange(len(exact)), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    member = order[np.repeat(starts[pool[exact]], lengths) + within]
    pool_pairs = JudgedPairs(
        query.astype(str).astype(object),
        pairs.query[member],
        images[pairs.row[exact]],
        query,
        pairs.row[member],
        pairs.gain[member],
    )
    return pool_pairs.where(pairs.row[member] != pairs.row[exact][query])


def choose_weight(ndcg: Callable[[float], Values], grid: Values = GRID) -> float:
    """Choose the median of the weights of `grid` that are within one standard error of the best.

    `ndcg` gives one value per query for a weight. The error is that of the paired difference to the best weight:
    a few dozen queries choose a moderate weight, thousands a precise one.
    """
    values = np.stack([ndcg(float(weight)) for weight in grid])
    behind = values[values.mean(axis=1).argmax()] - values
    error = behind.std(axis=1) / np.sqrt(behind.shape[1])
    as_good = grid[behind.mean(axis=1) <= error + 1e-9]
    return float(as_good[len(as_good) // 2])
