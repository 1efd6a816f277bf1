from dataclasses import replace

import numpy as np
import pytest

from vitrine.benchmark.rankers import BM25, FUSED, IMAGE, RRF, SENTENCE, TEXT, WEIGHTED
from vitrine.search.products import Products

ALL_QUERIES = slice(None)


def test_all_rankings_are_there(world) -> None:
    assert set(world.rankers.of_pairs(world.held_out)) == {BM25, SENTENCE, TEXT, IMAGE, FUSED, RRF, WEIGHTED}


@pytest.mark.parametrize("name", [BM25, SENTENCE, TEXT, IMAGE, FUSED, WEIGHTED])
def test_a_judged_pair_scores_what_it_scores_in_the_whole_catalogue(world, name: str) -> None:
    split = world.held_out
    whole = world.rankers.of_catalogue(split, ALL_QUERIES)[name]
    assert whole.shape == (len(split.ids), world.products.count)
    np.testing.assert_allclose(world.rankers.of_pairs(split)[name], whole[split.query, split.pairs.row], atol=1e-5)


def test_products_without_a_vector_come_last(world) -> None:
    whole = world.rankers.of_catalogue(world.held_out, ALL_QUERIES)
    for name, present in ((TEXT, world.products.has_text), (IMAGE, world.products.has_image)):
        assert whole[name][:, ~present].max() < whole[name][:, present].min()


def test_reciprocal_ranks_of_both_add_up(world) -> None:
    whole = world.rankers.of_catalogue(world.held_out, ALL_QUERIES)
    ranks = [1 + (whole[name][:, None, :] > whole[name][:, :, None]).sum(2) for name in (BM25, FUSED)]
    best_of_both = (ranks[0] == 1) & (ranks[1] == 1)
    assert whole[RRF][best_of_both].max(initial=0) <= 2 / 61 + 1e-12
    assert (np.argmax(whole[RRF], 1) == np.argmax(1 / (60 + ranks[0]) + 1 / (60 + ranks[1]), 1)).mean() > 0.8


def test_without_images_the_text_ranking_is_the_dense_one(world) -> None:
    shop = world.products
    no_image = np.zeros(shop.count, bool)
    products = Products.of(shop.table, shop.text_vectors, shop.image_vectors, shop.has_text, no_image)
    rankers = replace(world.rankers, products=products, scale={}, sentence=None)
    assert set(rankers.of_pairs(world.held_out)) == {BM25, TEXT, RRF}
    assert rankers.dense_name == TEXT


def test_the_dense_share_is_chosen_on_train(world) -> None:
    assert 0 <= world.rankers.share <= 1
    assert set(world.rankers.scale) == {BM25, FUSED}
    scores = world.rankers.of_pairs(world.train)
    for name in world.rankers.scale:
        assert world.rankers.standardise(name, scores[name]).mean() == pytest.approx(0, abs=1e-6)
        assert world.rankers.standardise(name, scores[name]).std() == pytest.approx(1)
