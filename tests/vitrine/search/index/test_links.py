import faiss
import numpy as np
import pytest

from tests.vitrine.search.index.vectors import best_rows, clustered
from vitrine.search.index.leading_coordinates import LeadingCoordinates
from vitrine.search.index.links import build_links


def coded(vectors: np.ndarray) -> tuple[np.ndarray, LeadingCoordinates]:
    leading = LeadingCoordinates(
        np.eye(vectors.shape[1], dtype=np.float32), np.full(vectors.shape[1], 0.04, np.float32), 10
    )
    return leading.encode(vectors), leading


def test_links_lead_to_near_products():
    vectors, _ = clustered(2000)
    codes, leading = coded(vectors)
    links = build_links(codes, leading, 16, seed=0)
    assert links.shape == (2000, 16)
    distances = ((vectors[:, None] - vectors[links]) ** 2).sum(axis=2).mean()
    strangers = ((vectors[:, None] - vectors[np.random.default_rng(0).permutation(2000)[:16]]) ** 2).sum(axis=2).mean()
    assert distances < strangers / 2


def test_every_product_is_reached_from_any_other():
    vectors, _ = clustered(1000)
    links = build_links(*coded(vectors), 16, seed=0)
    reached = {0}
    waiting = [0]
    while waiting:
        new = set(links[waiting.pop()].tolist()) - reached
        reached |= new
        waiting += new
    assert len(reached) >= 995


@pytest.mark.parametrize("count", [1, 2, 5])
def test_products_without_enough_others_are_linked_to_themselves(count):
    vectors, _ = clustered(count)
    links = build_links(*coded(vectors), 8, seed=0)
    assert links.shape == (count, 8)
    assert ((links >= 0) & (links < count)).all()
    assert all(set(row) == set(range(count)) for row in links)


def test_links_are_the_same_every_time_and_faiss_keeps_its_threads():
    vectors, _ = clustered(1500)
    threads = faiss.omp_get_max_threads()
    first, second = (build_links(*coded(vectors), 16, seed=3) for _ in range(2))
    assert np.array_equal(first, second)
    assert faiss.omp_get_max_threads() == threads


def test_the_order_of_the_products_does_not_matter_much():
    vectors, _ = clustered(1500)
    order = np.argsort(vectors[:, 0])
    by_rows, by_order = (build_links(*coded(each), 16, seed=0) for each in (vectors, vectors[order]))
    distances = ((vectors[:, None] - vectors) ** 2).sum(axis=2)
    nearest = best_rows(-distances, 2)[:, 1:]
    place = np.argsort(order)
    found = (by_rows == nearest).any(axis=1).mean(), (by_order[place] == place[nearest]).any(axis=1).mean()
    assert min(found) >= 0.9
