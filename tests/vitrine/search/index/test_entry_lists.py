import numpy as np
import pytest

from tests.vitrine.search.index.vectors import best_rows, clustered, linked_lists, queries_near, recall
from vitrine.search.index.entry_lists import measured_index
from vitrine.search.index.inverted_lists import build_lists
from vitrine.search.settings import SearchSettings


@pytest.fixture(autouse=True)
def always_linked(monkeypatch):
    monkeypatch.setattr("vitrine.search.index.inverted_lists.LINKED_FROM", 0)


@pytest.fixture(scope="module")
def catalogue() -> tuple[np.ndarray, np.ndarray]:
    return clustered(6000, dimension=64, clusters=200)


def test_as_few_lists_are_entered_as_the_recall_needs(catalogue):
    vectors, bias = catalogue
    sample, queries = queries_near(vectors, 200, seed=9), queries_near(vectors, 60)
    settings = SearchSettings(candidates=24, top_k=1, recall=0.97)
    lists = linked_lists(vectors, bias, sample, settings)
    index = measured_index(lists, settings)
    found = np.stack([index.best(query).numpy() for query in queries])
    assert recall(found, best_rows(queries @ vectors.T + bias, 10)) >= 0.95
    assert index.entries < lists.partition.probes


def test_without_links_the_lists_are_probed_that_hold_the_neighbours(catalogue):
    vectors, bias = catalogue
    settings = SearchSettings(candidates=24, links=0)
    lists = linked_lists(vectors, bias, queries_near(vectors, 200, seed=9), settings)
    index = measured_index(lists, settings)
    assert lists.links is None
    assert not index.has_links
    assert index.entries == lists.partition.probes


def test_catalogues_that_lists_alone_find_quickly_have_no_links(catalogue, monkeypatch):
    vectors, bias = catalogue
    settings = SearchSettings(candidates=24)
    reads = build_lists(vectors, bias, vectors[:200], settings).partition.reads
    for bound, is_linked in ((reads, True), (reads + 1, False)):
        monkeypatch.setattr("vitrine.search.index.inverted_lists.LINKED_FROM", bound)
        assert (linked_lists(vectors, bias, vectors[:200], settings).links is not None) == is_linked


def test_a_given_number_of_lists_is_entered(catalogue):
    vectors, bias = catalogue
    settings = SearchSettings(probes=7, top_k=1)
    index = measured_index(linked_lists(vectors, bias, vectors[:50], settings), settings)
    assert index.has_links
    assert index.entries == 7


def test_without_queries_all_lists_are_entered(catalogue):
    vectors, bias = catalogue
    settings = SearchSettings(lists=12)
    index = measured_index(linked_lists(vectors, bias, vectors[:0], settings), settings)
    assert index.entries == 12
    assert not index.has_links


def test_a_recall_that_links_do_not_reach_is_that_of_lists_alone():
    vectors, bias = clustered(3000, dimension=64, clusters=3000)
    settings = SearchSettings(candidates=1, top_k=1, recall=1.0, lists=20)
    lists = linked_lists(vectors, bias, queries_near(vectors, 100, seed=1), settings)
    index = measured_index(lists, settings)
    assert lists.links is not None
    assert not index.has_links
    assert index.entries == lists.partition.probes
