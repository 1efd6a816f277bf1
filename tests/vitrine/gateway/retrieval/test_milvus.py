"""Searches of a gateway whose candidates come from Milvus, compared with those of the index in the graph."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest

from feature_repo.definitions import definitions
from tests.vitrine.gateway.category_head import push_with_head
from tests.vitrine.gateway.conftest import gateway, push, push_shop, shop_table
from tests.vitrine.gateway.model_server import serving_grpc
from tests.vitrine.search import shop
from vitrine.features.offers.update import update_from_file
from vitrine.features.offline import Embeddings
from vitrine.features.registration import register
from vitrine.features.settings import FeatureSettings
from vitrine.search.build.ranking_export import export_version


def vector_column(vectors: np.ndarray, present: np.ndarray) -> pa.Array:
    rows = np.where(present[:, None], vectors, 0).astype(np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an embedded Milvus in which the shop is registered."""
    return registered(tmp_path_factory.mktemp("features"), shop.HashingEncoder.fingerprint)


def registered(root: Path, fingerprint: str) -> Path:
    """Register the shop in an embedded Milvus, with the fingerprint of its encoder, and return its file."""
    importlib.import_module("pymilvus")  # it configures logging, which would close absl's stream while it is captured
    (root / "images").mkdir()
    table = shop_table(root / "images")
    encoder = shop.HashingEncoder()
    text, image, has_text, has_image = shop.sides(encoder)
    columns = {
        "text_vector": vector_column(text, has_text),
        "image_vector": vector_column(image, has_image),
        "has_text": pa.array(has_text),
        "has_image": pa.array(has_image),
    }
    for name, values in columns.items():
        table = table.append_column(name, values)
    queries = pa.table({"query_id": ["q"], "query": ["mug"], "query_vector": columns["text_vector"].slice(0, 1)})
    settings = FeatureSettings.model_validate({"online": {"type": "milvus"}})
    register(Embeddings(table, queries, fingerprint), root / "store", settings, definitions)
    return root / "store" / "online_store.db"


@pytest.fixture(scope="module")
def serving(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's serving directory, with a category head and its ranking model."""
    directory = push_with_head(pushed, tmp_path_factory.mktemp("serving"))
    export_version(directory, 1)
    return directory


@pytest.fixture(scope="module")
def retrieving(serving: Path, collection: Path) -> Iterator[httpx.Client]:
    """A client of a gateway that asks Milvus for candidates, and a server of the ranking model alone for their rank."""
    from vitrine.serving.lifecycle.manager import ServableManager

    servables = ServableManager(serving)
    servables.refresh()
    with serving_grpc(servables) as target:
        backend = {"kind": "grpc", "target": target, "model": "product_ranking", "timeout_seconds": 30}
        retrieval = {"uri": str(collection), "timeout_seconds": 30}
        settings = {"serving": serving, "backend": backend, "retrieval": retrieval}
        with gateway({"catalogues": {"shop": settings}}) as client:
            yield client
    servables.close()


def results(client: httpx.Client, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    assert [result["product_id"] for result in found] == [result["product_id"] for result in expected]
    for result, other in zip(found, expected, strict=True):
        assert result["score"] == pytest.approx(other["score"], abs=1e-5)
        assert result["esci"] == pytest.approx(other["esci"], abs=1e-5)
        for side in ("by_text", "by_image"):
            assert result["why"][side] == pytest.approx(other["why"][side], abs=2e-3)


@pytest.mark.parametrize("query", ["red mug", "blue shoe", "lamp", "green chair"])
def test_a_text_query_has_the_same_results(retrieving: httpx.Client, client: httpx.Client, query: str) -> None:
    found, expected = (results(of, "/shop/search", query=query, k=10) for of in (retrieving, client))
    assert len(found) == 10
    assert_same(found, expected)


@pytest.mark.parametrize(
    "filters",
    [
        {"brand": ["avelo"]},
        {"color": ["Blue"]},
        {"color": ["deep blue", "red"], "category": ["MUG", "shoe"]},
        {"price_min": 10, "price_max": 17.5},
        {"price_max": 7.5},
        {"color": ["%"]},
        {"brand": ['no"such\\brand\n']},
        {"in_stock": True},
    ],
    ids=str,
)
def test_filters_pass_the_same_products(
    retrieving: httpx.Client, client: httpx.Client, filters: dict[str, Any]
) -> None:
    body = {"query": "red mug", "k": 20, "filters": filters}
    found, expected = (results(of, "/shop/search", **body) for of in (retrieving, client))
    assert_same(found, expected)


@pytest.mark.parametrize("form", [{}, {"query": "mug", "image_share": "0.4"}], ids=["image", "both"])
def test_an_image_has_the_same_results(retrieving: httpx.Client, client: httpx.Client, form: dict[str, str]) -> None:
    def search(of: httpx.Client) -> dict[str, float]:
        files = {"file": ("a.png", shop.image_bytes("blue"), "image/png")}
        answer = of.post("/predict-image", files=files, data={"k": "20", **form}).json()
        return {result["product_id"]: result["score"] for result in answer["results"]}

    # Things of one colour have equal images, and without words any order of them will do.
    assert search(retrieving) == pytest.approx(search(client), abs=1e-5)


def test_the_category_head_of_the_ranking_model_answers(retrieving: httpx.Client) -> None:
    answer = retrieving.post("/shop/search", json={"query": "blue shoe", "k": 5}).json()
    assert [each["category"] for each in answer["categories"]] == ["shoe", "mug"]
    files = {"file": ("a.png", shop.image_bytes("red"), "image/png")}
    seen = retrieving.post("/predict-image", files=files, data={"k": "5"}).json()["categories"]
    assert seen[0]["category"] == "mug"
    assert seen[0]["probability"] > 0.9


@pytest.mark.parametrize("diversity", [0.3, 0.8])
def test_diverse_results_are_the_same(retrieving: httpx.Client, client: httpx.Client, diversity: float) -> None:
    body = {"query": "red mug", "k": 20, "diversity": diversity}
    found, expected = (results(of, "/shop/search", **body) for of in (retrieving, client))
    assert_same(found, expected)
    assert found != results(retrieving, "/shop/search", query="red mug", k=20)


@pytest.mark.parametrize("product_id", ["red-mug", "white-lamp", "blue-chair"])
def test_similar_products_are_the_same(retrieving: httpx.Client, client: httpx.Client, product_id: str) -> None:
    def search(of: httpx.Client) -> dict[str, float]:
        answer = of.get(f"/products/{product_id}/similar", params={"k": 20}).json()
        return {result["product_id"]: result["score"] for result in answer["results"]}

    found = search(retrieving)
    assert found == pytest.approx(search(client), abs=1e-5)
    assert product_id not in found


def test_facets_count_the_same_products(retrieving: httpx.Client, client: httpx.Client) -> None:
    body = {"query": "red mug", "facets": True, "filters": {"brand": ["Brunt"]}}
    found, expected = (of.post("/shop/search", json=body).json()["facets"] for of in (retrieving, client))
    for facets in (found, expected):  # the head orders the categories of the former
        facets["category"].sort(key=lambda count: count["value"])
    assert found == expected


def test_products_that_this_version_does_not_have_are_left_out(collection: Path, tmp_path: Path) -> None:
    serving = push_shop(tmp_path, {"red-mug": "crimson-mug"})
    retrieval = {"uri": str(collection), "timeout_seconds": 30}
    with gateway({"catalogues": {"shop": {"serving": serving, "retrieval": retrieval}}}) as client:
        found = [result["product_id"] for result in results(client, "/shop/search", query="red mug", k=20)]
    assert len(found) == 19
    assert not {"red-mug", "crimson-mug"} & set(found)


def test_vectors_of_another_encoder_are_refused(serving: Path, tmp_path: Path) -> None:
    retrieval = {"uri": str(registered(tmp_path, "another")), "timeout_seconds": 30}
    backend = {"kind": "in_process", "model": "product_ranking"}
    settings = {"serving": serving, "backend": backend, "retrieval": retrieval}
    with gateway({"catalogues": {"shop": settings}}) as client:
        answers = client.post("/shop/search", json={"query": "red mug"}), client.get("/products/red-mug/similar")
        ready = client.get("/ready").json()
    assert [answer.status_code for answer in answers] == [503, 503]
    assert ready["status"] == "degraded"
    assert "has no vector of the served version's encoder" in ready["catalogues"]["shop"]


def test_offers_decide_over_the_prices_of_the_collection(pushed: Path, collection: Path, tmp_path: Path) -> None:
    serving, changes = tmp_path / "serving", tmp_path / "changes.csv"
    push(pushed, serving, 1)
    changes.write_text("product_id,price,hidden\nred-mug,100,\nred-shoe,101,\nblue-mug,102,true\n")
    update_from_file(serving, changes)
    retrieval = {"uri": str(collection), "timeout_seconds": 30}
    with gateway({"catalogues": {"shop": {"serving": serving, "retrieval": retrieval}}}) as client:
        found = results(client, "/shop/search", query="red mug", k=20, filters={"price_min": 60})
    assert [(result["product_id"], result["price"]) for result in found] == [("red-mug", 100), ("red-shoe", 101)]


def test_a_collection_that_cannot_be_reached_is_reported(serving: Path) -> None:
    retrieval = {"uri": "http://127.0.0.1:9", "timeout_seconds": 0.5}
    with gateway({"catalogues": {"shop": {"serving": serving, "retrieval": retrieval}}}) as client:
        answer = client.post("/shop/search", json={"query": "red mug"})
        ready = client.get("/ready").json()
    assert answer.status_code == 503
    assert ready["status"] == "degraded"
    assert "Milvus at http://127.0.0.1:9: Fail connecting" in ready["catalogues"]["shop"]
