import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vitrine.search.index.vectors import best_rows, clustered, linked_lists, queries_near, recall
from vitrine.search.index.inverted_lists import build_lists
from vitrine.search.index.ivf_index import NO_ROW, IvfIndex, rows_per_query
from vitrine.search.settings import SearchSettings


def shortlists(index: IvfIndex, queries: np.ndarray) -> np.ndarray:
    return np.stack([index.best(query).numpy() for query in queries])


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.integers(1, 12), st.integers(0, 1000))
def test_with_every_list_probed_a_small_catalogue_is_shortlisted_whole(count, lists, seed):
    vectors, bias = clustered(count, dimension=4, clusters=5, seed=seed)
    built = build_lists(vectors, bias, vectors, SearchSettings(lists=lists, probes=lists))
    (rows,) = shortlists(IvfIndex(built), queries_near(vectors, 1, seed))
    assert sorted(rows) == list(range(count))


def test_the_default_probes_find_nearly_everything_in_clustered_data():
    vectors, bias = clustered(4000)
    built = build_lists(vectors, bias, queries_near(vectors, 200, seed=9), SearchSettings(candidates=24))
    queries = queries_near(vectors, 20)
    expected = best_rows(queries @ vectors.T + bias, 10)
    assert recall(shortlists(IvfIndex(built), queries), expected) >= 0.95
    assert built.partition.probes <= len(built.partition.centroids) / 3  # the index does not probe nearly all lists


def test_a_bias_can_bring_any_product_into_the_shortlist():
    vectors, bias = clustered(4000)
    bias[123] = 100
    index = IvfIndex(build_lists(vectors, bias, vectors, SearchSettings(candidates=24)))
    assert (shortlists(index, queries_near(vectors, 5)) == 123).any(axis=1).all()


def test_short_results_are_filled_with_no_row():
    vectors, bias = clustered(300)
    index = IvfIndex(build_lists(vectors, bias, vectors, SearchSettings(lists=30, probes=1, links=0, top_k=1)))
    rows = shortlists(index, vectors[:4])
    assert rows.shape == (4, 300)
    assert all((row == NO_ROW).any() and (row != NO_ROW).any() for row in rows)


def test_links_lead_from_one_list_to_the_products_of_others(monkeypatch):
    monkeypatch.setattr("vitrine.search.index.inverted_lists.LINKED_FROM", 0)
    vectors, bias = clustered(4000, dimension=32, clusters=400)
    queries = queries_near(vectors, 40)
    expected = best_rows(queries @ vectors.T + bias, 10)
    settings = SearchSettings(candidates=24, lists=200, probes=1, top_k=1)
    found = [
        recall(shortlists(IvfIndex(linked_lists(vectors, bias, vectors, each)), queries), expected)
        for each in (settings, settings.model_copy(update={"links": 0}))
    ]
    assert found[0] >= 0.95 > found[1]


def test_a_product_is_shortlisted_once(monkeypatch):
    monkeypatch.setattr("vitrine.search.index.inverted_lists.LINKED_FROM", 0)
    vectors, bias = clustered(3000)
    index = IvfIndex(linked_lists(vectors, bias, vectors, SearchSettings(candidates=24, probes=4)))
    for rows in shortlists(index, queries_near(vectors, 20)):
        rows = rows[rows != NO_ROW]
        assert len(set(rows)) == len(rows)


def test_results_never_outnumber_the_catalogue():
    assert rows_per_query(SearchSettings(), 10) == (10, 10)
    assert rows_per_query(SearchSettings(top_k=24, candidates=5), 1000) == (24, 24)
    assert rows_per_query(SearchSettings(), 1000) == (24, 100)
