import numpy as np
import pytest

from vitrine.search.build.catalogue_ranking import CatalogueRanking, word_scores
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, LexicalSettings


@pytest.fixture(scope="module")
def items(products, sides):
    return Products.of(products, *sides)


@pytest.fixture(scope="module")
def index(items):
    return build_lexical_index(items, LexicalSettings())


@pytest.fixture(scope="module")
def pairs(items, encoder):
    """Two queries, each with the product that has its words and one that has not."""
    rows = np.array([items.ids.index(name) for name in ("red-mug", "blue-shoe", "green-lamp", "white-chair")])
    queries = np.array(["red mug", "green lamp"], object)
    query = np.array([0, 0, 1, 1])
    gain = np.array([1.0, 0.0, 1.0, 0.0])
    ids = np.array(["q-red", "q-green"], object)
    return JudgedPairs(ids[query], queries[query], encoder.encode_text(queries), query, rows, gain)


@pytest.fixture(scope="module")
def ranking(pairs, items, index):
    return CatalogueRanking.of(pairs, items, Fusion(), index)


def test_each_product_is_ranked_once_for_a_query(ranking):
    ranked = list(zip(ranking.query_id, ranking.row, strict=True))
    assert len(set(ranked)) == len(ranked)
    assert {query for query, _ in ranked} == {"q-red", "q-green"}


def test_unjudged_products_have_no_gain(ranking, items):
    wanted = {"q-red": "red-mug", "q-green": "green-lamp"}
    exact = np.array(
        [items.ids[row] == wanted[query] for query, row in zip(ranking.query_id, ranking.row, strict=True)]
    )
    assert ranking.ndcg(exact).tolist() == [1, 1]
    assert ranking.ndcg(-exact.astype(float)).tolist() == [0, 0]


def test_word_scores_are_those_of_the_index(ranking, index):
    queries = np.where(ranking.query_id == "q-red", "red mug", "green lamp").astype(object)
    assert np.array_equal(ranking.words, word_scores(index, queries, ranking.row))
    assert ranking.words[:, 1].max() == 1
    assert word_scores(index, queries[:0], ranking.row[:0]).shape == (0, 2)


def test_no_more_queries_are_ranked_than_wanted(pairs, items, index):
    few = CatalogueRanking.of(pairs, items, Fusion(), index, queries=1)
    assert len(set(few.query_id)) == len(set(few.judged.query_id)) == 1
