import numpy as np
import pytest

from vitrine.search.build.catalogue_ranking import CatalogueRanking, word_scores
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.settings import Fusion, LexicalSettings


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
    ranked = list(zip(ranking.pairs.query_id, ranking.pairs.row, strict=True))
    assert len(set(ranked)) == len(ranked)
    assert {query for query, _ in ranked} == {"q-red", "q-green"}


def test_unjudged_products_have_no_gain(ranking, items):
    wanted = {"q-red": "red-mug", "q-green": "green-lamp"}
    ranked = zip(ranking.pairs.query_id, ranking.pairs.row, strict=True)
    exact = np.array([items.ids[row] == wanted[query] for query, row in ranked])
    assert np.array_equal(ranking.pairs.gain, exact)
    assert ranking.ndcg(exact).tolist() == [1, 1]
    assert ranking.ndcg(-exact.astype(float)).tolist() == [0, 0]


def test_word_scores_are_those_of_the_index(ranking, index):
    queries, rows = ranking.pairs.query, ranking.pairs.row
    assert set(queries) == {"red mug", "green lamp"}
    assert np.array_equal(ranking.words, word_scores(index, queries, rows))
    assert ranking.words[:, 1].max() == 1
    assert word_scores(index, queries[:0], rows[:0]).shape == (0, 2)


def test_judged_products_that_nothing_finds_are_in_the_list_but_not_in_the_ranking(pairs, items, index, monkeypatch):
    monkeypatch.setattr("vitrine.search.build.catalogue_ranking.FOUND", 1)
    few = CatalogueRanking.of(pairs, items, Fusion(), index)
    assert few.is_judged.sum() == len(pairs.row)
    lost = few.is_judged & ~few.found
    assert lost.any()
    assert few.ndcg(np.where(lost, 1.0, 0.0)).tolist() == few.ndcg(np.zeros(len(lost))).tolist()


def test_a_ranking_without_postings_has_no_words(pairs, items):
    ranking = CatalogueRanking.of(pairs, items, Fusion(), None)
    assert not ranking.words.any()
    assert ranking.found.any()


def test_the_ranking_of_some_queries_is_a_part_of_that_of_all(ranking, pairs, items, index):
    part, alone = ranking.of_queries(np.array([1])), pairs.of_queries(np.array([1]))
    again = CatalogueRanking.of(alone, items, Fusion(), index)
    assert set(part.pairs.query_id) == {"q-green"}
    assert np.array_equal(part.pairs.row, again.pairs.row)
    assert np.allclose(part.similarity, again.similarity)
    assert np.array_equal(part.found, again.found)
