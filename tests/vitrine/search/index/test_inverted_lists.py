import numpy as np
import pytest

from tests.vitrine.search.index.vectors import clustered, queries_near
from vitrine.search.index.inverted_lists import arrange, build_lists
from vitrine.search.index.leading_coordinates import SampledQueries, measure_leading
from vitrine.search.settings import SearchSettings


def test_every_product_is_in_one_list():
    vectors, bias = clustered(300)
    partition = build_lists(vectors, bias, vectors, SearchSettings(lists=12)).partition
    assert sorted(partition.rows) == list(range(300))
    assert partition.starts[0] == 0
    assert partition.starts[-1] == 300
    assert np.all(np.diff(partition.starts) > 0)


def test_the_list_of_each_product_is_known_by_row():
    vectors, bias = clustered(300)
    partition = build_lists(vectors, bias, vectors, SearchSettings(lists=12)).partition
    for number, (start, end) in enumerate(zip(partition.starts, partition.starts[1:], strict=False)):
        assert (partition.assigned[partition.rows[start:end]] == number).all()


def test_centroids_are_near_their_products():
    vectors, bias = clustered(2000, clusters=5)
    built = build_lists(vectors, bias, vectors, SearchSettings(lists=5))
    points = np.concatenate([vectors, bias[:, None]], axis=1)
    nearest = np.linalg.norm(points[:, None] - built.centroids, axis=2).argmin(axis=1)
    assert (nearest == built.partition.assigned).mean() >= 0.9


def test_probed_lists_always_hold_a_full_answer():
    vectors, bias = clustered(200)
    options = SearchSettings(top_k=5, probes=1)
    assigned = np.concatenate([np.arange(19), np.full(181, 19)])  # nineteen lists of one product, one of the rest
    queries = SampledQueries.of(vectors[:0], vectors, bias, 0)
    leading = measure_leading(vectors, bias, queries, options)
    assert arrange(assigned, np.eye(20, 17, dtype=np.float32), leading, queries, options).probes == 5


def test_without_queries_all_lists_are_probed():
    vectors, bias = clustered(500)
    partition = build_lists(vectors, bias, vectors[:0], SearchSettings(lists=12)).partition
    assert partition.probes == len(partition.centroids)


@pytest.mark.parametrize("count", [1, 2])
def test_the_smallest_catalogues_have_lists(count):
    vectors, bias = clustered(count)
    built = build_lists(vectors, bias, vectors, SearchSettings())
    assert built.codes.shape == (count, 16)
    assert built.partition.probes >= 1


def test_mapped_vectors_give_the_same_lists(tmp_path):
    vectors, bias = clustered(1000)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    queries = queries_near(vectors, 50)
    in_memory, from_file = (build_lists(each, bias, queries, SearchSettings()) for each in (vectors, mapped))
    assert np.array_equal(in_memory.codes, from_file.codes)
    assert np.array_equal(in_memory.partition.rows, from_file.partition.rows)
