import numpy as np
import pytest

from vitrine.benchmark import catalogue
from vitrine.benchmark.catalogue import NO_PRODUCT, search
from vitrine.benchmark.rankers import BM25, WEIGHTED


@pytest.mark.parametrize("cells", [1, 50, 10_000])
def test_batches_do_not_change_the_results(world, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = world.rankers.of_catalogue(world.held_out, slice(None))[WEIGHTED]
    monkeypatch.setattr(catalogue, "CELLS", cells)
    top = search(world.rankers, world.held_out, 5)[WEIGHTED]
    np.testing.assert_allclose(top.score, -np.sort(-whole, axis=1)[:, :5], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(whole, top.rows, 1), top.score, atol=1e-5)


def test_a_small_catalogue_is_returned_whole(world) -> None:
    assert search(world.rankers, world.held_out, 1000)[WEIGHTED].rows.shape == (8, world.products.count)


def test_bm25_returns_only_products_with_a_shared_word(world) -> None:
    top = search(world.rankers, world.held_out, 20)[BM25]
    scores = world.rankers.of_catalogue(world.held_out, slice(None))[BM25]
    assert ((top.rows != NO_PRODUCT).sum(1) == (scores > 0).sum(1)).all()
    assert (top.rows == NO_PRODUCT).any()
    ids = np.array(world.products.ids, object)
    run = top.run(world.held_out, ids)
    assert len(run.product_id) == (scores > 0).sum()


def test_reordering_keeps_the_products_and_puts_empty_ranks_last(world) -> None:
    top = search(world.rankers, world.held_out, 20)[BM25]
    reversed_top = top.reordered(-top.score)
    for before, after in zip(top.rows, reversed_top.rows, strict=True):
        products = before[before != NO_PRODUCT]
        assert sorted(after[: len(products)]) == sorted(products)
        assert (after[len(products) :] == NO_PRODUCT).all()
