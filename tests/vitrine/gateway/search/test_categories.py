"""Categories that the model's head predicts for queries, in answers and in the order of facets."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.category_head import FAILS, push_with_head
from tests.vitrine.gateway.conftest import gateway
from tests.vitrine.gateway.test_cache import lookups
from tests.vitrine.search.shop import image_bytes
from vitrine.gateway.schemas.answers import PredictedCategory
from vitrine.gateway.schemas.facets import Count
from vitrine.gateway.search.facets import probable_first


@pytest.fixture(scope="module")
def shops(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of two shops, with a head and without one."""
    headed = push_with_head(pushed, tmp_path_factory.mktemp("headed"))
    catalogues = {"headed": {"serving": headed}, "plain": {"serving": pushed}}
    limits = {"rate": "100000/minute"}
    with gateway({"catalogues": catalogues, "default": "headed", "limits": limits}) as client:
        yield client


def search(client: httpx.Client, query: str, catalogue: str = "headed", **more: Any) -> Any:
    response = client.post(f"/{catalogue}/search", json={"query": query, **more})
    assert response.status_code == 200, response.text
    return response.json()


def upload(client: httpx.Client, colour: str, **form: Any) -> Any:
    response = client.post("/predict-image", files={"file": ("a.png", image_bytes(colour), "image/png")}, data=form)
    assert response.status_code == 200, response.text
    return response.json()


def predicted(answer: Any) -> dict[str, float]:
    return {category["category"]: category["probability"] for category in answer["categories"]}


def test_words_have_the_probable_categories_most_probable_first(shops: httpx.Client) -> None:
    categories = predicted(search(shops, "blue shoe"))
    assert list(categories) == ["shoe", "mug"]
    assert categories["shoe"] > 0.5
    assert min(categories.values()) >= 0.05
    assert list(predicted(search(shops, "red mug"))) == ["mug"]


def test_a_corrected_query_is_predicted_as_corrected(shops: httpx.Client) -> None:
    assert predicted(search(shops, "red shiirt")) == predicted(search(shops, "red shirt"))


def test_an_image_has_the_categories_that_it_shows_and_words_move_them(shops: httpx.Client) -> None:
    assert predicted(upload(shops, "red"))["mug"] > 0.9
    shares = [predicted(upload(shops, "red", query="shoe", image_share=share)) for share in (0.9, 0.5, 0.1)]
    assert shares[0]["mug"] > shares[1]["mug"] > shares[2].get("mug", 0.0)
    assert next(iter(shares[2])) == "shoe"


def test_every_page_has_the_same_categories(shops: httpx.Client) -> None:
    assert predicted(search(shops, "red mug", k=6, offset=6)) == predicted(search(shops, "red mug", k=6))


def test_products_and_junk_have_none(shops: httpx.Client) -> None:
    similar = shops.get("/products/red-mug/similar", params={"catalogue": "headed"}).json()
    assert similar["categories"] == []
    junk = search(shops, "xqzt wvkk pfgh")
    assert (junk["junk"], junk["categories"]) == (True, [])


def test_a_model_without_a_head_predicts_none(shops: httpx.Client) -> None:
    headed, plain = (search(shops, "red mug", name) for name in ("headed", "plain"))
    assert plain["categories"] == []
    assert [result["score"] for result in plain["results"]] == [result["score"] for result in headed["results"]]


def test_the_best_answer_of_several_catalogues_has_the_categories(shops: httpx.Client) -> None:
    assert list(predicted(search(shops, "red mug", "all"))) == ["mug"]


def test_a_head_that_fails_is_logged_and_fails_no_search(shops: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "vitrine"):
        answer = upload(shops, FAILS, facets="true")
    assert (len(answer["results"]), answer["categories"]) == (20, [])
    assert "no categories were predicted: ApiError: catalogue headed: " in caplog.text


def test_categories_are_cached_and_the_query_is_embedded_once(shops: httpx.Client) -> None:
    def outcomes(**more: Any) -> dict[str, float]:
        before = lookups(shops)
        search(shops, "green chair", **more)
        return {
            name: value - before.get(name, 0) for name, value in lookups(shops).items() if value != before.get(name)
        }

    assert outcomes() == {"miss": 3, "memory": 1}  # the ranking, the categories and one vector, which both need
    assert outcomes() == {"memory": 2}
    assert outcomes(filters={"color": ["red"]}) == {"miss": 1, "memory": 2}  # another ranking


def values(answer: Any) -> list[str]:
    return [count["value"] for count in answer["facets"]["category"]]


def test_predicted_categories_are_the_first_of_their_facet(shops: httpx.Client) -> None:
    by_count = values(search(shops, "blue shoe", "plain", facets=True))
    by_probability = values(search(shops, "blue shoe", facets=True))
    assert by_probability[:2] == ["shoe", "mug"]
    assert by_probability[2:] == [value for value in by_count if value not in ("shoe", "mug")]


def test_the_facet_of_an_image_keeps_its_order_when_it_is_filtered(shops: httpx.Client) -> None:
    filtered = upload(shops, "green", facets="true", filters=json.dumps({"category": ["shirt"]}))
    assert values(filtered)[0] == "lamp"
    assert {result["category"] for result in filtered["results"]} == {"shirt"}


def test_counts_of_categories_without_a_prediction_keep_their_order() -> None:
    counts = [Count(value=value, count=count) for value, count in (("Mug", 9), ("lamp", 5), ("shoe", 3), ("hat", 3))]
    predicted = tuple(
        PredictedCategory(category=name, probability=share) for name, share in (("shoe", 0.6), ("mug", 0.3))
    )
    assert [count.value for count in probable_first(counts, predicted)] == ["shoe", "Mug", "lamp", "hat"]
    assert probable_first(counts, ()) == counts


def test_a_predicted_category_puts_those_below_it_first() -> None:
    counts = [Count(value=value, count=count) for value, count in (("Bags", 9), ("Kitchen>Mugs", 2), ("kitchen", 1))]
    kitchen = (PredictedCategory(category="Kitchen", probability=0.6),)
    assert [count.value for count in probable_first(counts, kitchen)] == ["Kitchen>Mugs", "kitchen", "Bags"]
