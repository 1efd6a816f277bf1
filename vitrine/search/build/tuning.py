"""Chooses the fusion weights and the blend on judged pairs of the train split.

* Fusion weights maximise nDCG@10 of similarity over all given pairs: the encoder has not seen judgements.
* The blend maximises nDCG@10 of the final score over the queries that the classifier's training held out: on the
  others its probabilities are too good to be trusted.
* Picture queries are judged nowhere. The picture of an exact product stands in for one: the other products of that
  query's pool, with their labels, are what it should rank.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from vitrine.data.contract.splits import is_validation
from vitrine.labels import CLASS_IDS, GAINS
from vitrine.search.build.judged_pairs import JudgedPairs, Values, expected_gains, side_similarities
from vitrine.search.fusion import calibrated, combine
from vitrine.search.model.scorer import LOWEST_GAIN
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchWeights

GRID: Final = np.linspace(0, 1, 21)
PICTURE_GRID: Final = GRID[GRID <= 0.5]
"""Who asks with a picture means the picture: beyond half, words would push even the pictured product down."""
PICTURES: Final = 2000
"""Pictures that stand in for picture queries, at most."""
LOWEST_SLOPE: Final = 0.05
"""Similarity always counts for something, so that the ranking it gives is kept."""
EXACT: Final = GAINS[CLASS_IDS["E"]]


def tune(
    products: Products,
    judgements: pa.Table,
    queries: pa.Table,
    classifier: tf.Module,
    validation_share: float = 0.15,
    seed: int = 0,
) -> SearchWeights:
    """Weights for the search model.

    Args:
        products: the catalogue with its vectors.
        judgements: the train split, in the contract's columns.
        queries: `query_id` and `query_vector` (lists of D floats) of at least the judged queries.
        classifier: the loaded ESCI classifier.
        validation_share: share of the queries that the classifier's training held out.
        seed: of the random pairs that calibrate similarities.

    Raises:
        DataError: a judgement names a query or a product without vectors.
    """
    pairs = JudgedPairs.of(judgements, queries, products)
    asked = pairs.vectors[np.unique(pairs.vector)]
    weights = calibrated(products, asked if len(asked) else None, seed)
    if not len(pairs.row):
        return weights
    text_query = fit_fusion(weights.text_query, pairs, products)
    image_query = fit_fusion(weights.image_query, picture_pairs(pairs, products, seed), products, PICTURE_GRID)
    blend = fit_blend(text_query, pairs, products, classifier, validation_share)
    return SearchWeights(text_query=text_query, image_query=image_query, blend=blend)


def fit_fusion(fusion: Fusion, pairs: JudgedPairs, products: Products, grid: Values = GRID) -> Fusion:
    """Choose the text weight from `grid`, then the line from similarity to log-odds of being exact (Platt scaling)."""
    if not len(pairs.row):
        return fusion
    sides = side_similarities(pairs, products)
    if (products.has_text & products.has_image)[pairs.row].any():
        candidates = [fusion.model_copy(update={"text_weight": float(weight)}) for weight in grid]
        weight = middle_of_best([pairs.ndcg(combine(one, products, pairs.row, *sides)) for one in candidates], grid)
        fusion = fusion.model_copy(update={"text_weight": weight})
    return scale(fusion, combine(fusion, products, pairs.row, *sides), pairs.gain == EXACT)


def scale(fusion: Fusion, similarity: Values, exact: npt.NDArray[np.bool_]) -> Fusion:
    """Fit slope and intercept by logistic regression of `exact` [P] on `similarity` [P]."""
    if exact.all() or not exact.any():
        return fusion
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    line = LogisticRegression().fit(similarity[:, None], exact)
    slope = max(float(line.coef_[0, 0]), LOWEST_SLOPE)
    return fusion.model_copy(update={"slope": slope, "intercept": float(line.intercept_[0])})


def fit_blend(
    fusion: Fusion, pairs: JudgedPairs, products: Products, classifier: tf.Module, validation_share: float
) -> float:
    """The share of the classifier's log-odds in the score, on the queries its training held out."""
    held_out = np.array([is_validation(query, validation_share) for query in pairs.query])
    pairs = pairs.where(held_out) if held_out.any() else pairs
    similarity = combine(fusion, products, pairs.row, *side_similarities(pairs, products))
    by_similarity = fusion.slope * similarity + fusion.intercept
    gain = np.clip(expected_gains(pairs, products, classifier), LOWEST_GAIN, 1 - LOWEST_GAIN)
    by_gain = np.log(gain / (1 - gain))
    return middle_of_best([pairs.ndcg((1 - blend) * by_similarity + blend * by_gain) for blend in GRID])


def picture_pairs(pairs: JudgedPairs, products: Products, seed: int = 0) -> JudgedPairs:
    """For exact products with a picture, that picture as the query of the other products of the same pool."""
    rng = np.random.default_rng(seed)
    askers = np.flatnonzero((pairs.gain == EXACT) & products.has_image[pairs.row])
    askers = np.sort(rng.permutation(askers)[:PICTURES])
    _, pool = np.unique(pairs.query_id, return_inverse=True)
    order = np.argsort(pool, kind="stable")
    sizes = np.bincount(pool)
    starts = np.cumsum(sizes) - sizes
    # Every asker meets its whole pool: positions start, start + 1, … of its pool in `order`.
    lengths = sizes[pool[askers]]
    asker = np.repeat(np.arange(len(askers)), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    member = order[np.repeat(starts[pool[askers]], lengths) + within]
    met = JudgedPairs(
        asker.astype(str).astype(object),
        pairs.query[member],
        products.image_vectors[pairs.row[askers]],
        asker,
        pairs.row[member],
        pairs.gain[member],
    )
    return met.where(pairs.row[member] != pairs.row[askers][asker])


def middle_of_best(ndcg: list[Values], grid: Values = GRID) -> float:
    """The weight in the middle of those that are not worse than the best by more than one standard error.

    `ndcg` has one array [queries] for each weight of `grid`. The error is that of the paired difference to the best
    weight, so a few dozen queries choose a middle way, and thousands choose sharply.
    """
    values = np.stack(ndcg)
    behind = values[values.mean(axis=1).argmax()] - values
    error = behind.std(axis=1) / np.sqrt(behind.shape[1])
    as_good = grid[behind.mean(axis=1) <= error + 1e-9]
    return float(as_good[len(as_good) // 2])
