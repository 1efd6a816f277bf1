"""Tests of what contradicting measurements cost, on mugs of which labels want the same volume, or another."""

import numpy as np
import pyarrow as pa
import pytest

from vitrine.search.build.contradictions import WEIGHTS, MeasuredRanking
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.build.weight_choice import choose_weight
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.search.settings import LexicalSettings, SearchWeights

VOLUMES = (150, 250, 350, 450)
QUERIES = np.array([f"{volume} ml mug" for volume in VOLUMES] + ["mug"], object)


@pytest.fixture(scope="module")
def mugs():
    titles = [f"mug, {volume}ml" for volume in VOLUMES]
    table = pa.table({"product_id": titles, "title": titles})
    present = np.ones(len(titles), bool)
    return Products.of(table, np.eye(4, 32, dtype=np.float32), None, present, ~present)


@pytest.fixture(scope="module")
def rank(mugs, classifier_dir):
    """A function that ranks for the queries; the product `offset` volumes further is the exact one of each."""
    index = build_lexical_index(mugs, LexicalSettings())
    # Vectors say that the next mug is the right one.
    vectors = np.roll(np.eye(4, 32, dtype=np.float32), 1, axis=0)[[0, 1, 2, 3, 0]]
    weights = SearchWeights(lexical=0.01, coverage=0.0, blend=0.2)

    def ranked(offset, queries=range(4)):
        query = np.repeat(np.array(queries), 4)
        row = np.tile(np.arange(4), len(queries))
        gain = (row == (query + offset) % 4).astype(float)
        pairs = JudgedPairs(QUERIES[query], QUERIES[query], vectors, query, row, gain)
        return MeasuredRanking.of(pairs, mugs, load_classifier(classifier_dir), index, weights, 0.01)

    return ranked


def test_products_of_another_measurement_contradict(rank):
    ranking = rank(0)
    assert len(ranking.contradicted) == 16
    assert ranking.contradicted.sum() == 12


def test_a_contradiction_costs_as_much_as_ranks_best(rank):
    ranking = rank(0)
    assert ranking.ndcg(0).mean() < 1
    assert ranking.ndcg(choose_weight(ranking.ndcg, WEIGHTS)).tolist() == [1, 1, 1, 1]


def test_a_contradiction_costs_little_where_labels_want_it(rank):
    assert choose_weight(rank(3).ndcg, WEIGHTS) < 1


def test_without_a_measurement_there_is_no_ranking(rank):
    assert rank(0, [4]) is None
