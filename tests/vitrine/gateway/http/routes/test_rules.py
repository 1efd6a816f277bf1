"""Rules of merchandising over HTTP: what they do to a search, and how they are changed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.vitrine.gateway.conftest import gateway, push_shop
from tests.vitrine.search.shop import catalogue
from tests.waiting import wait_until
from vitrine.files.replacing import write_text

KEY = {"X-API-Key": "merchant"}
QUERY = "red mug"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("merchandising") / "rules.yaml"


@pytest.fixture(scope="module")
def shop(pushed: Path, file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    few = push_shop(tmp_path_factory.mktemp("few"), {}, candidates=6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MERCHANTS", "merchant")
        settings = {
            "catalogues": {"shop": {"serving": pushed}, "few": {"serving": few}},
            "default": "shop",
            "merchandising": {"rules": file},
            "security": {"update_keys_env": "MERCHANTS"},
        }
        with gateway(settings) as client:
            yield client


@pytest.fixture(autouse=True)
def no_rules(shop: httpx.Client) -> None:
    put(shop)


def put(shop: httpx.Client, *rules: dict[str, Any]) -> dict[str, Any]:
    version = shop.get("/rules", headers=KEY).json()["version"]
    answer = shop.put("/rules", headers=KEY, json={"version": version, "rules": list(rules)})
    assert answer.status_code == 200, answer.text
    present: dict[str, Any] = answer.json()
    return present


def search(shop: httpx.Client, query: str = QUERY, path: str = "/predict", **request: Any) -> dict[str, Any]:
    answer = shop.post(path, json={"query": query, **request})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(found: dict[str, Any]) -> list[str]:
    return [result["product_id"] for result in found["results"]]


def rule(query: str = QUERY, name: str = "first", **does: Any) -> dict[str, Any]:
    when = does.pop("when", {"query": query})
    return {"name": name, "when": when, **does}


def test_a_pinned_product_comes_first_though_the_search_did_not_find_it(shop: httpx.Client) -> None:
    plain = search(shop, path="/few/search", k=100)
    missing = next(each for each in catalogue()["product_id"].to_pylist() if each not in ids(plain))
    last = ids(plain)[-1]
    put(shop, rule(pin=["sold-last-year", missing, last]))
    pinned = search(shop, path="/few/search", k=100)
    assert ids(pinned) == [missing, last, *ids(plain)[:-1]]
    assert [result["placed"] for result in pinned["results"][:3]] == ["pinned", "pinned", None]
    assert [result["rank"] for result in pinned["results"]] == list(range(1, len(pinned["results"]) + 1))
    assert pinned["rules"] == ["first"]
    assert pinned["total"] == plain["total"] + 1
    scores = {result["product_id"]: result["score"] for result in plain["results"]}
    assert all(scores.get(result["product_id"], result["score"]) == result["score"] for result in pinned["results"])


def test_pinned_products_come_before_those_of_other_catalogues(shop: httpx.Client) -> None:
    last = ids(search(shop, path="/few/search", k=100))[-1]
    put(shop, rule(catalogue="few", pin=[last]))
    merged = search(shop, path="/all/search", k=100)["results"]
    assert (merged[0]["catalogue"], merged[0]["product_id"], merged[0]["placed"]) == ("few", last, "pinned")
    assert [each["placed"] for each in merged[1:]] == [None] * (len(merged) - 1)
    rest = [each["comparable"] for each in merged[1:]]
    assert rest == sorted(rest, reverse=True)


def test_pages_follow_one_another_with_rules(shop: httpx.Client) -> None:
    put(shop, rule(pin=[ids(search(shop, k=100))[-1]]))
    whole = ids(search(shop, k=100))
    paged = [product for offset in range(0, len(whole), 2) for product in ids(search(shop, k=2, offset=offset))]
    assert paged == whole


def test_pins_pass_filters_and_yield_to_another_order(shop: httpx.Client) -> None:
    put(shop, rule(pin=["blue-mug"]))
    assert "blue-mug" not in ids(search(shop, filters={"color": ["red"]}, k=100))
    cheapest = search(shop, sort="price_asc", k=100)
    prices = [result["price"] for result in cheapest["results"] if result["price"] is not None]
    assert prices == sorted(prices)


def test_facets_count_what_is_shown(shop: httpx.Client) -> None:
    plain = search(shop, facets=True, k=100)
    colours = {count["value"]: count["count"] for count in plain["facets"]["color"]}
    put(shop, rule(hide=[{"color": ["red"]}]))
    hidden = search(shop, facets=True, k=100)
    assert colours["red"] > 0
    assert "red" not in {count["value"] for count in hidden["facets"]["color"]}
    filtered = search(shop, facets=True, filters={"brand": ["Avelo"]}, k=100)
    assert "red" not in {count["value"] for count in filtered["facets"]["color"]}
    assert hidden["total"] == plain["total"] - colours["red"]


def test_boosted_products_move_up_and_buried_ones_down_by_what_the_rule_says(shop: httpx.Client) -> None:
    plain = search(shop, k=100)["results"]
    third, first = plain[2], plain[0]
    gap = first["comparable"] - third["comparable"]
    assert 0 < gap < 3
    put(shop, rule(boost=[{"product_id": [third["product_id"]], "by": gap - 0.01}]))
    assert ids(search(shop))[0] == first["product_id"]
    put(shop, rule(boost=[{"product_id": [third["product_id"]], "by": gap + 0.01}]))
    boosted = search(shop)
    assert ids(boosted)[0] == third["product_id"]
    assert boosted["results"][0]["placed"] == "boosted"
    put(shop, rule(bury=[{"product_id": [first["product_id"]], "by": gap + 0.01}]))
    assert ids(search(shop)).index(first["product_id"]) == 2


def test_words_are_alike_in_every_form(shop: httpx.Client) -> None:
    put(shop, rule("t-shirt", "shirts", redirect="/shirts"), rule("Red Mugs", "mugs", redirect="/mugs"))
    for query in ("tshirts", "T Shirt", "t-shirts"):
        assert search(shop, query)["redirect"] == "/shirts", query
    for query in ("red mug", "RED  MUG", "réd mugs"):
        assert search(shop, query)["redirect"] == "/mugs", query
    for query in ("mug red", "red mug big", "mug"):
        assert search(shop, query)["redirect"] is None, query


def test_words_that_became_a_filter_count_as_they_were_typed(shop: httpx.Client) -> None:
    put(shop, rule("mug under 20", "cheap", redirect="/cheap"), rule("mug", "any", redirect="/mugs"))
    assert search(shop, "mug under 20")["rules"] == ["cheap", "any"]
    assert search(shop, "mug")["rules"] == ["any"]


def test_a_rule_may_ask_for_words_among_others(shop: httpx.Client) -> None:
    put(shop, rule(when={"query": "mug", "match": "contains"}, redirect="/mugs"))
    assert search(shop, "a nice red mug")["redirect"] == "/mugs"
    assert search(shop, "red chair")["redirect"] is None


def test_a_rule_applies_to_a_category_that_is_filtered_by(shop: httpx.Client) -> None:
    put(shop, rule(when={"category": "mug"}, pin=["blue-mug"]))
    assert ids(search(shop, "red", filters={"category": ["Mug"]}))[0] == "blue-mug"
    assert search(shop, "red", filters={"category": ["chair"]})["rules"] == []


def test_a_query_that_means_nothing_finds_what_is_pinned_for_it(shop: httpx.Client) -> None:
    junk = "xqzvw jjkpl"
    assert search(shop, junk)["junk"] is True
    put(shop, rule(junk, pin=["blue-mug"]))
    found = search(shop, junk)
    assert (found["junk"], ids(found), found["total"]) == (False, ["blue-mug"], 1)


def test_a_rule_has_a_time(shop: httpx.Client) -> None:
    put(shop, rule(starts="2020-01-01", ends="2020-02-01", redirect="/old"), rule(name="now", redirect="/new"))
    assert search(shop)["redirect"] == "/new"
    rules = shop.get("/rules", headers=KEY).json()["rules"]
    preview = {"rules": rules, "query": QUERY, "time": "2020-01-15T12:00:00+01:00"}
    assert shop.post("/rules/preview", headers=KEY, json=preview).json()["after"]["redirect"] == "/old"


def test_a_preview_changes_nothing(shop: httpx.Client) -> None:
    plain = ids(search(shop, k=100))
    preview = {"rules": [rule(pin=[plain[-1]])], "query": QUERY, "k": 100}
    answer = shop.post("/rules/preview", headers=KEY, json=preview).json()
    assert ids(answer["before"]) == plain
    assert ids(answer["after"]) == [plain[-1], *plain[:-1]]
    assert ids(search(shop, k=100)) == plain


def test_rules_of_an_old_version_are_refused_and_versions_come_back(shop: httpx.Client, file: Path) -> None:
    first = put(shop, rule(redirect="/one"))
    second = put(shop, rule(redirect="/two"))
    stale = shop.put("/rules", headers=KEY, json={"version": first["version"], "rules": []})
    assert stale.status_code == 409
    assert second["version"] in stale.json()["error"]
    kept = shop.get("/rules/versions", headers=KEY).json()
    assert kept[0] == {"version": second["version"], "time": kept[0]["time"], "is_present": True}
    old = shop.get(f"/rules/versions/{first['version']}", headers=KEY).json()
    assert put(shop, *old["rules"])["version"] == first["version"]
    assert search(shop)["redirect"] == "/one"
    assert shop.get("/rules/versions/000000000000", headers=KEY).status_code == 404
    assert yaml.safe_load(file.read_text())["rules"][0]["redirect"] == "/one"


def test_a_file_that_is_edited_by_hand_is_followed_and_a_bad_one_is_not(shop: httpx.Client, file: Path) -> None:
    write_text(file, "rules:\n- name: hand\n  when: {query: red mug}\n  starts: 2020-01-01\n  redirect: /hand\n")
    wait_until(lambda: search(shop)["redirect"] == "/hand", lambda: str(search(shop)["rules"]))
    write_text(file, "rules: [{name: nothing, when: {query: x}}]\n")
    with httpx.Client(base_url=shop.base_url) as other:
        assert search(other)["redirect"] == "/hand"
    write_text(file, "rules: []\n")
    wait_until(lambda: search(shop)["redirect"] is None, lambda: str(search(shop)["rules"]))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (rule(), "does nothing"),
        (rule(when={}, redirect="/x"), "needs a query, or a category"),
        (rule(redirect="javascript:alert(1)"), "redirect"),
        (rule(redirect="//evil.example"), "redirect"),
        (rule(pin=["a", "a"]), "pins a product twice"),
        (rule(boost=[{"by": 1.0}]), "needs product ids, or conditions"),
        (rule(boost=[{"color": ["red"], "by": 9.0}]), "by"),
        (rule(starts="2021-01-01", ends="2020-01-01", redirect="/x"), "ends before it starts"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(shop: httpx.Client, bad: dict[str, Any], says: str) -> None:
    version = shop.get("/rules", headers=KEY).json()["version"]
    answer = shop.put("/rules", headers=KEY, json={"version": version, "rules": [bad]})
    assert answer.status_code == 422
    assert says in answer.text


def test_two_rules_have_two_names(shop: httpx.Client) -> None:
    version = shop.get("/rules", headers=KEY).json()["version"]
    answer = shop.put("/rules", headers=KEY, json={"version": version, "rules": [rule(redirect="/a")] * 2})
    assert answer.status_code == 422
    assert "two rules are called 'first'" in answer.text


@pytest.mark.parametrize("path", ["/rules", "/rules/", "/rules/versions", "/rules/versions/abc", "/rules//versions"])
def test_an_update_key_is_needed(shop: httpx.Client, client: httpx.Client, path: str) -> None:
    assert shop.get(path).status_code == 401
    assert client.get(path).status_code == 403  # a gateway without update keys


def test_a_gateway_without_a_file_says_which_setting_it_needs(pushed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCHANTS", "merchant")
    settings = {"catalogues": {"shop": {"serving": pushed}}, "security": {"update_keys_env": "MERCHANTS"}}
    with gateway(settings) as client:
        assert "merchandising.rules" in client.get("/rules", headers=KEY).json()["error"]
