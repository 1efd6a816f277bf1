from pathlib import Path

import pytest

from tests.vitrine.search import shop
from vitrine.errors import DataError
from vitrine.judging.pooling import pools
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("serving")
    encoder = shop.HashingEncoder()
    classifier = shop.save_classifier(root / "classifier")
    model = build_search_model(
        shop.catalogue(), *shop.sides(encoder), encoder, classifier, SearchSettings(top_k=6, candidates=8)
    )
    export_search_model(model, root / "product_search" / "3")
    return root


def test_without_a_model_pools_are_bm25s(serving: Path) -> None:
    (pool,) = pools(shop.catalogue(), ["red mug"], 4)
    assert (pool.query, pool.products[0], len(pool.products)) == ("red mug", "red-mug", 4)


def test_queries_that_nothing_is_found_for_are_left_out() -> None:
    assert [pool.query for pool in pools(shop.catalogue(), ["zzz", "lamp"], 3)] == ["lamp"]


def test_a_model_adds_what_is_near_by_its_vectors_and_what_it_ranks_first(serving: Path) -> None:
    queries = ["red mug", "blue shoe", "crimson cup"]
    with ExportedModel(serving / "product_search" / "3") as model:
        near, ranked = model.nearest(queries)[:, :3].tolist(), model.search(queries).product_id[:, :3].tolist()
    lexical = {pool.query: pool.products for pool in pools(shop.catalogue(), queries, 3)}
    united = {pool.query: pool.products for pool in pools(shop.catalogue(), queries, 3, serving)}
    assert united.keys() == set(queries)
    for query, dense, fused in zip(queries, near, ranked, strict=True):
        assert set(united[query]) == {*dense, *fused, *lexical.get(query, ())}
        assert len(united[query]) == len(set(united[query]))


def test_products_that_the_catalogue_no_longer_has_are_left_out(serving: Path) -> None:
    catalogue = shop.catalogue().slice(0, 3)
    known = set(catalogue["product_id"].to_pylist())
    for pool in pools(catalogue, ["red mug"], 6, serving):
        assert set(pool.products) <= known


def test_a_serving_directory_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no version of product_search was pushed"):
        pools(shop.catalogue(), ["mug"], 3, tmp_path)


def test_the_nearest_products_are_in_the_order_of_their_similarity(serving: Path) -> None:
    with ExportedModel(serving / "product_search" / "3") as model:
        (near,) = model.nearest(["red mug"]).tolist()
        similarity = model.similarity(["red mug"] * len(near), near)
    assert near[0] == "red-mug"
    assert list(similarity) == sorted(similarity, reverse=True)
