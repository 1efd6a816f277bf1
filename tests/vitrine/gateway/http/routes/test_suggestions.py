"""Suggestions over HTTP: they follow the event log, the catalogue's version, its offers, and the rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.vitrine.gateway.conftest import gateway, push
from tests.waiting import wait_until
from vitrine.features.offers.update import update_from_file

RULE = {"name": "no-red", "when": {"query": "red mug"}, "hide": [{"product_id": ["red-mug"]}]}


@pytest.fixture(scope="module")
def serving(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    serving = tmp_path_factory.mktemp("suggestions") / "serving"
    push(pushed, serving, 1)
    return serving


@pytest.fixture(scope="module")
def shop(serving: Path) -> Iterator[httpx.Client]:
    rules = serving.parent / "rules.yaml"
    rules.write_text(yaml.safe_dump({"rules": [RULE]}))
    settings = {
        "catalogues": {"shop": {"serving": serving}, "twin": {"serving": serving}},
        "log": {"directory": serving.parent / "events"},
        "suggestions": {"min_users": 3, "seconds": 0.05},
        "merchandising": {"rules": rules},
        "limits": {"rate": "9999999/day"},
    }
    with gateway(settings) as client:
        wait_until(lambda: suggest(client, "re", catalogue="twin"), lambda: "no suggestions of the second catalogue")
        yield client


def suggest(shop: httpx.Client, typed: str, **parameters: Any) -> list[dict[str, Any]]:
    answer = shop.get("/suggest", params={"q": typed, **parameters})
    assert answer.status_code == 200, answer.text
    assert answer.json()["query"] == typed
    found: list[dict[str, Any]] = answer.json()["suggestions"]
    return found


def texts(found: list[dict[str, Any]], kind: str | None = None) -> list[str]:
    return [each["text"] for each in found if kind in (None, each["kind"])]


def search_and_click(shop: httpx.Client, query: str, users: int) -> None:
    for user in range(users):
        headers = {"X-User-Id": f"user-{user}"}
        found = shop.post("/shop/search", json={"query": query}, headers=headers).json()
        click = {"request_id": found["request_id"], "product_id": found["results"][0]["product_id"], "kind": "click"}
        assert shop.post("/feedback", json=click, headers=headers).status_code == 202


def test_categories_brands_and_products_are_suggested_before_anybody_has_searched(shop: httpx.Client) -> None:
    assert suggest(shop, "lam", catalogue="shop", k=1) == [
        {"text": "lamp", "kind": "category", "catalogue": "shop", "product_id": None}
    ]
    assert texts(suggest(shop, "cirr", catalogue="shop"), "brand") == ["Cirrus"]
    products = suggest(shop, "green l", catalogue="shop")
    assert [(each["product_id"], each["kind"]) for each in products] == [("green-lamp", "product")]
    assert texts(suggest(shop, "cirus", catalogue="shop")) == ["Cirrus"]


def test_a_query_is_suggested_once_enough_users_have_clicked_its_results(shop: httpx.Client) -> None:
    search_and_click(shop, "shirt in blue", 2)
    search_and_click(shop, "shoe in blue", 3)
    wait_until(lambda: "shoe in blue" in texts(suggest(shop, "sho", catalogue="shop")), lambda: "not suggested")
    assert "shirt in blue" not in texts(suggest(shop, "shi", catalogue="shop"))
    assert "shoe in blue" not in texts(suggest(shop, "sho", catalogue="twin"))


def test_suggestions_of_all_catalogues_are_merged_and_a_text_comes_once(shop: httpx.Client) -> None:
    found = suggest(shop, "lam", k=20)
    assert texts(found, "category") == ["lamp"]
    assert len(found) == len({(each["text"], each["product_id"]) for each in found})


def test_what_a_rule_hides_for_the_words_is_not_suggested(shop: httpx.Client) -> None:
    assert [each["product_id"] for each in suggest(shop, "red mu", catalogue="shop")] == ["red-mug"]
    assert suggest(shop, "red mug", catalogue="shop") == []


def test_a_product_that_is_hidden_is_not_suggested(shop: httpx.Client, serving: Path) -> None:
    def chairs() -> list[dict[str, Any]]:
        return [each for each in suggest(shop, "white ch", catalogue="shop") if each["product_id"] == "white-chair"]

    assert chairs()
    changes = serving.parent / "changes.csv"
    changes.write_text("product_id,hidden\nwhite-chair,true\n")
    update_from_file(serving, changes)
    wait_until(lambda: not chairs(), chairs)


def test_a_new_version_has_its_suggestions(shop: httpx.Client, serving: Path, pushed: Path) -> None:
    push(pushed, serving, 2)
    wait_until(lambda: shop.get("/models").json()["catalogues"][0]["version"] == 2, lambda: "not served")
    wait_until(lambda: suggest(shop, "green l", catalogue="shop"), lambda: "no suggestions")


@pytest.mark.parametrize("parameters", [{}, {"q": "m", "k": 0}, {"q": "m", "limit": 3}, {"q": "m" * 201}])
def test_requests_that_are_not_valid_are_refused(shop: httpx.Client, parameters: dict[str, Any]) -> None:
    assert shop.get("/suggest", params=parameters).status_code == 422


def test_nothing_is_suggested_for_nothing_and_an_unknown_catalogue_is_named(shop: httpx.Client) -> None:
    assert suggest(shop, "") == suggest(shop, "  ?") == suggest(shop, "\ud83d".encode(errors="replace").decode()) == []
    answer = shop.get("/suggest", params={"q": "m", "catalogue": "other"})
    assert answer.status_code == 404
    assert "no catalogue 'other'" in answer.json()["error"]
