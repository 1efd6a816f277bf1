"""Numbers that move results, and products out of stock, over HTTP."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.vitrine.gateway.conftest import gateway, push
from tests.vitrine.gateway.test_offers import found, product, search, shop, update
from tests.waiting import wait_until

WEIGHT = 0.5


@pytest.fixture(scope="module")
def serving(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's serving directory with offers: of the products that "mug" finds, the later the more popular.

    The first two are out of stock, and the last one's popularity is unknown.
    """
    folder = tmp_path_factory.mktemp("modifiers")
    push(pushed, folder / "serving", 1)
    with gateway(shop(folder / "serving")) as client:
        order = found(client, "mug")
    lines = [
        f"{name},{0 if place < 2 else 9},{place if place < len(order) - 1 else ''}" for place, name in enumerate(order)
    ]
    update(folder / "serving", "product_id,stock,popularity\n" + "\n".join(lines) + "\n")
    return folder / "serving"


def comparable(answer: Any) -> dict[str, float]:
    return {result["product_id"]: result["comparable"] for result in answer["results"]}


def test_a_number_moves_products_by_its_rank_and_no_further_than_its_weight(serving: Path) -> None:
    with gateway(shop(serving)) as client:
        plain, moved = search(client, "mug"), search(client, "mug", modifiers={"popularity": WEIGHT})
        assert moved["results"] != plain["results"]
        scores = comparable(plain)
        shifts = {result["product_id"]: result["why"]["modifiers"]["popularity"] for result in moved["results"]}
        assert {min(shifts.values()), max(shifts.values())} == {-WEIGHT, WEIGHT}
        assert shifts[plain["results"][-1]["product_id"]] == 0  # its popularity is unknown
        keys = [scores[result["product_id"]] + shifts[result["product_id"]] for result in moved["results"]]
        assert keys == sorted(keys, reverse=True)
        assert comparable(moved) == scores  # scores stay those of the search
        assert all(result["why"]["modifiers"] == {} for result in plain["results"])
        popular = max(shifts, key=shifts.__getitem__)
        assert "moved up for its popularity" in next(
            result["why"]["summary"] for result in moved["results"] if result["product_id"] == popular
        )


def test_a_request_replaces_the_modifiers_of_the_settings(serving: Path) -> None:
    with gateway(shop(serving, merchandising={"modifiers": {"popularity": WEIGHT}})) as client:
        by_default = found(client, "mug")
        none = found(client, "mug", modifiers={})
        assert by_default == found(client, "mug", modifiers={"popularity": WEIGHT}) != none
        by_price = found(client, "mug", sort="price_asc")
        assert by_price == found(client, "mug", sort="price_asc", modifiers={})


@pytest.mark.parametrize(
    ("modifiers", "status", "reason"),
    [
        ({"popularity": 0.6, "price": -0.6}, 422, "relevance must lead"),
        ({"margin": 0.5}, 400, "no number 'margin' is known of the products; there are popularity, price, stock"),
        ({"popularity": "high"}, 422, "number"),
        ({"Popularity!": 0.1}, 422, "pattern"),
    ],
)
def test_modifiers_that_cannot_be_followed_are_refused(serving: Path, modifiers: Any, status: int, reason: str) -> None:
    with gateway(shop(serving)) as client:
        response = client.post("/predict", json={"query": "mug", "modifiers": modifiers})
        assert response.status_code == status
        assert reason in response.text


def test_products_out_of_stock_come_last_or_not_at_all(serving: Path) -> None:
    with gateway(shop(serving)) as client:
        shown, by_price = found(client, "mug"), found(client, "mug", sort="price_asc")
        out = {name for name in shown if product(client, name)["stock"] == 0}
        assert len(out) == 2
    with gateway(shop(serving, merchandising={"out_of_stock": "demote"})) as client:
        for order, sort in ((shown, "relevance"), (by_price, "price_asc")):
            expected = [name for name in order if name not in out] + [name for name in order if name in out]
            assert found(client, "mug", sort=sort) == expected
        assert [result["rank"] for result in search(client, "mug")["results"]] == list(range(1, len(shown) + 1))
    with gateway(shop(serving, merchandising={"out_of_stock": "hide"})) as client:
        answer = search(client, "mug", facets=True)
        names = [result["product_id"] for result in answer["results"]]
        assert not out & set(names)
        assert sum(count["count"] for count in answer["facets"]["brand"]) <= answer["total"] == len(names)
        category = answer["results"][0]["category"]
        filtered = search(client, "mug", facets=True, filters={"category": [category]})
        assert not out & {result["product_id"] for result in filtered["results"]}
        assert product(client, out.pop())["stock"] == 0  # its page stays


def test_a_stock_that_changes_moves_the_product_at_once(serving: Path, tmp_path: Path) -> None:
    shutil.copytree(serving.parent, tmp_path / "copy")
    copy = tmp_path / "copy" / "serving"
    with gateway(shop(copy, merchandising={"out_of_stock": "demote"})) as client:
        first = found(client, "mug")[0]
        update(copy, f"product_id,stock\n{first},0\n")
        wait_until(lambda: found(client, "mug")[-1] == first, lambda: found(client, "mug"))
