"""The page of rules: a merchandiser pins a product, sees what happens, and takes it back."""

from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Response, expect

from tests.waiting import wait_until
from tests.web.conftest import Open
from tests.web.looking import enter_key

QUERY = "red mug"


@pytest.fixture
def rules(open_page: Open) -> Page:
    page, complaints = open_page("merchant")
    complaints.expect("401")
    complaints.expect("409")  # rules that somebody else has changed meanwhile
    page.goto("/merchandising")
    enter_key(page)
    expect(page.get_by_role("button", name="New rule")).to_be_visible()
    put(page, page.request.get("/rules").json()["version"], [])  # what a failed test left
    page.reload()
    return page


def products(page: Page) -> list[str]:
    answer = page.request.post("/predict", data={"query": QUERY, "k": 24}).json()
    return [result["product_id"] for result in answer["results"]]


def begin(page: Page) -> None:
    page.get_by_role("button", name="New rule").click()
    page.get_by_label("When a search is for").fill(QUERY)
    page.get_by_label("Name").fill("mugs")
    expect(preview(page)).to_have_count(12)


def put(page: Page, version: str, rules: list[Any]) -> APIResponse:
    return page.request.put("/rules", data={"version": version, "rules": rules})


def preview(page: Page) -> Locator:
    return page.get_by_role("list", name="Preview").get_by_role("listitem")


def hidden(previewed: Response) -> list[Any]:
    """Return what the rule of a preview's request leaves out."""
    of_rules = previewed.request.post_data_json["rules"]
    return list(of_rules[0]["hide"]) if of_rules else []


def remove(page: Page) -> None:
    page.get_by_role("button", name="Delete mugs").click()
    expect(page.get_by_text("There are no rules yet.")).to_be_visible()


def test_a_product_is_pinned_seen_first_and_released_again(rules: Page) -> None:
    plain = products(rules)
    begin(rules)
    third = preview(rules).nth(2)
    title = third.locator(".font-medium").first.inner_text()
    third.get_by_role("button", name="Pin").click()
    expect(preview(rules).first).to_contain_text(title)
    expect(preview(rules).first).to_contain_text("was 3")
    assert products(rules) == plain  # nothing is changed yet
    rules.get_by_role("button", name="Save").click()
    expect(rules.get_by_text("Rule mugs is saved.")).to_be_visible()
    expect(rules.get_by_role("list", name="Rules")).to_contain_text("1 pinned")
    wait_until(lambda: products(rules)[0] == plain[2])
    rules.goto(f"/search?q={QUERY}")
    expect(rules.get_by_text("Chosen by the shop")).to_have_count(1)
    rules.goto("/merchandising")
    remove(rules)
    wait_until(lambda: products(rules) == plain)


def test_a_hidden_product_can_be_shown_again(rules: Page) -> None:
    begin(rules)
    first = preview(rules).first.locator(".font-medium").first.inner_text()
    preview(rules).first.get_by_role("button", name="Hide").click()
    expect(preview(rules).first).not_to_contain_text("was 1,")
    expect(rules.get_by_role("list", name="Hidden")).to_contain_text(first)
    rules.get_by_role("list", name="Hidden").get_by_role("button", name="Show").click()
    expect(rules.get_by_role("list", name="Hidden")).to_have_count(0)
    expect(preview(rules).first).to_contain_text(first)


def test_products_are_moved_and_left_out_by_the_shop_s_own_attributes(open_page: Open) -> None:
    page, complaints = open_page("attributes")
    complaints.expect("401")
    page.goto("/merchandising")
    enter_key(page)
    begin(page)
    expect(page.get_by_label("Boost: attribute")).to_contain_text("Weight (kg)")
    page.get_by_label("Boost: attribute").select_option(label="Weight (kg)")
    page.get_by_label("Boost: from").fill("2")
    page.get_by_role("button", name="Add to boost").click()
    expect(page.get_by_role("button", name="Remove Weight from 2")).to_be_visible()
    page.get_by_label("Leave out: attribute").select_option(label="Size")
    page.get_by_label("Leave out: value").fill("S")
    page.get_by_label("Leave out: value").press("Enter")
    page.get_by_label("Leave out: attribute").select_option(label="New")
    page.get_by_label("Leave out: value").select_option(label="No")
    with page.expect_response(
        lambda answer: answer.url.endswith("/rules/preview") and len(hidden(answer)) > 1
    ) as preview_of:
        page.get_by_role("button", name="Add to leave out").click()
    assert [each["attributes"] for each in hidden(preview_of.value)] == [{"size": ["S"]}, {"new": False}]
    expect(page.get_by_role("button", name="Remove New no")).to_be_visible()
    results = preview_of.value.json()["after"]["results"]
    assert results
    assert all(each["attributes"]["size"] != "S" and each["attributes"]["new"] for each in results)


def test_rules_that_somebody_else_changed_are_not_overwritten(rules: Page) -> None:
    begin(rules)
    rules.get_by_label("Lead shoppers to").fill("/mugs")
    version = rules.request.get("/rules").json()["version"]
    other = {"name": "other", "when": {"query": "lamp"}, "redirect": "/lamps"}
    assert put(rules, version, [other]).ok
    rules.get_by_role("button", name="Save").click()
    expect(rules.get_by_role("alert")).to_contain_text("read them again")
    changed = rules.request.get("/rules").json()
    assert [rule["name"] for rule in changed["rules"]] == ["other"]
    put(rules, changed["version"], [])


def test_a_query_of_the_insights_begins_a_rule(rules: Page) -> None:
    rules.goto("/queries")
    rules.get_by_role("region", name="Top queries").get_by_role("link", name="Pin products for red mug").click()
    expect(rules.get_by_label("When a search is for")).to_have_value("red mug")
    expect(rules.get_by_label("Name")).to_have_value("red-mug")
    expect(preview(rules)).to_have_count(12)


def test_the_page_fits_a_telephone(rules: Page) -> None:
    rules.set_viewport_size({"width": 320, "height": 640})
    begin(rules)
    assert rules.evaluate("document.documentElement.scrollWidth") == 320
