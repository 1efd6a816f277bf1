"""Suggestions while one types: a combobox whose list the keyboard, the mouse and a finger choose from."""

import re

from playwright.sync_api import Page, expect

from tests.web.looking import field, options, results, search, wait_for_results


def test_a_suggestion_is_chosen_by_the_keyboard(page: Page) -> None:
    page.goto("/")
    expect(field(page)).to_have_attribute("aria-expanded", "false")
    field(page).press_sequentially("mu")
    expect(options(page).first).to_be_visible()
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    assert field(page).get_attribute("aria-controls") == page.get_by_role("listbox").get_attribute("id")
    assert field(page).get_attribute("aria-activedescendant") is None  # nothing is chosen by itself
    first = options(page).first
    words = first.locator("span").first.inner_text()
    field(page).press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field(page)).to_have_attribute("aria-activedescendant", str(first.get_attribute("id")))
    expect(field(page)).to_be_focused()
    field(page).press("Enter")
    wait_for_results(page)
    expect(options(page)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    expect(field(page)).to_have_value(words)


def test_the_arrows_go_round_and_through_the_field(page: Page) -> None:
    page.goto("/")
    field(page).press_sequentially("mu")
    expect(options(page).first).to_be_visible()
    field(page).press("ArrowUp")
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    field(page).press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_count(0)
    field(page).press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")


def test_escape_leaves_what_was_typed_and_enter_searches_for_it(page: Page) -> None:
    page.goto("/")
    field(page).press_sequentially("lam")
    expect(options(page).first).to_be_visible()
    field(page).press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field(page)).to_have_value("lam")
    field(page).press_sequentially("p")
    expect(options(page).first).to_be_visible()
    field(page).press("Enter")
    wait_for_results(page)
    expect(page).to_have_url(re.compile("q=lamp$"))


def test_a_list_that_is_left_closes_and_down_goes_to_the_results_again(page: Page) -> None:
    page.goto("/")
    search(page, "mug")
    field(page).press("End")
    field(page).press_sequentially("s")
    expect(options(page).first).to_be_visible()
    field(page).press("Tab")
    expect(options(page)).to_have_count(0)
    field(page).press("ArrowDown")
    expect(results(page).first.get_by_role("link")).to_be_focused()


def test_a_product_leads_to_its_page(page: Page) -> None:
    page.goto("/search?q=mug&k=12")
    wait_for_results(page)
    title = results(page).first.get_by_role("heading").inner_text()
    field(page).fill(title[: len(title) - 1])
    options(page).filter(has_text="Product").first.click()
    expect(page).to_have_url(re.compile("/product/"))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_typing_error_is_forgiven(page: Page) -> None:
    page.goto("/")
    field(page).press_sequentially("lmap")
    expect(options(page).first).to_contain_text(re.compile("lamp", re.I))


def test_without_suggestions_one_can_search(page: Page) -> None:
    page.route("**/suggest?*", lambda route: route.fulfill(status=200, json={"query": "", "suggestions": []}))
    page.goto("/")
    field(page).press_sequentially("mug")
    page.wait_for_timeout(300)
    expect(options(page)).to_have_count(0)
    field(page).press("Enter")
    wait_for_results(page)
