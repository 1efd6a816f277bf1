"""A search without results shows what is near, and which condition it leaves out."""

import re

from playwright.sync_api import Page, expect

from tests.web.looking import wait_for_results


def test_what_is_near_is_shown_and_can_be_searched(page: Page) -> None:
    page.goto("/search?q=red+mug&color=red&to=0.5&k=12")
    expect(page.get_by_text("what is near leaves out the price")).to_be_visible()
    near = page.get_by_role("list", name="What is near").get_by_role("article")
    expect(near.first).to_be_visible()
    titles = near.get_by_role("heading").all_inner_texts()
    page.get_by_role("button", name="Search without it").click()
    expect(page).not_to_have_url(re.compile("to="))
    wait_for_results(page)
    assert page.get_by_role("list", name="Results").get_by_role("heading").all_inner_texts() == titles


def test_a_query_that_means_nothing_offers_queries_that_do(page: Page) -> None:
    page.goto("/search?q=zxqv+wkjh")
    expect(page.get_by_role("button", name="Search anyway")).to_be_visible()
    expect(page.get_by_role("list", name="What is near")).to_have_count(0)
    page.get_by_role("list", name="Examples").get_by_role("link").first.click()
    wait_for_results(page)
