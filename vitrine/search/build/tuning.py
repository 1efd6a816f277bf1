"""Tuning of the weights of search on judged pairs of the train split.

* Fusion weights maximise nDCG@10 of similarity over all given pairs: the encoder was not trained on judgements.
* The weights of text queries are chosen by `vitrine.search.build.text_tuning`.
* What a product loses for measurements that contradict the query maximises nDCG@10 of the final score over the whole
  catalogue, for queries with measurements that the classifier's training held out.
* There are no judgements of image queries. The image of an exact product is used as one: it should rank the other
  products of that query's pool by their labels.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import tensorflow as tf

from vitrine.embeddings.table import EmbeddingTable
from vitrine.search.build.contradictions import UNKNOWN, WEIGHTS, MeasuredRanking
from vitrine.search.build.judged_pairs import EXACT, JudgedPairs, Values, pair_similarities
from vitrine.search.build.text_tuning import tune_text_queries
from vitrine.search.build.weight_choice import GRID, choose_weight, scale
from vitrine.search.fusion import calibrated, combine
from vitrine.search.index.lexical_index import LexicalIndex
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, SearchWeights

IMAGE_QUERY_GRID: Final = GRID[GRID <= 0.5]
"""Text weights of image queries: beyond one half, text would lower the rank of even the queried product."""
IMAGE_QUERIES: Final = 2000
"""Maximal number of image queries."""


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
    weights = weights.model_copy(update={"text_query": text_query, "image_query": image_query})
    weights = tune_text_queries(weights, pairs, products, classifier, lexical, validation_share)
    if lexical is None or not weights.counts_words:
        return weights
    measured = MeasuredRanking.of(pairs, products, classifier, lexical, weights, validation_share)
    contradiction = choose_weight(measured.ndcg, WEIGHTS) if measured else UNKNOWN
    return weights.model_copy(update={"contradiction": contradiction})


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
