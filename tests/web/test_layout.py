"""The layout on a phone, the order of headings, and the ways for a keyboard past what comes before the results."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, field, results, wait_for_results

HEADER_ROWS = 130
"""Pixels of a header of two rows; three take 170."""


@pytest.mark.parametrize("width", [320, 360, 390])
def test_on_a_phone_the_header_has_two_rows_and_buttons_are_off_the_image(open_page: Open, width: int) -> None:
    page, _ = open_page(viewport={"width": width, "height": 780}, has_touch=True, is_mobile=True)
    page.goto(f"/search?q={MUG}&k=12")
    wait_for_results(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.querySelector('header').offsetHeight") < HEADER_ROWS
    card = results(page).filter(has=page.locator("img")).first
    image = card.locator("img").bounding_box()
    assert image
    for name in ("More like this", "Why this?"):
        button = card.get_by_role("button", name=name)
        box = button.bounding_box()
        assert box
        assert box["y"] >= image["y"] + image["height"]
        assert round(min(box["width"], box["height"])) >= 44  # a finger's target
    card.get_by_role("button", name="Why this?").tap()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/search?q=mug&k=12", "/search?q=mug&to=0.5", "/search?q=zxqv+wkjh", "/about"])
def test_headings_leave_out_no_level(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=2).first).to_be_visible()
    levels = page.locator("h1, h2, h3, h4").evaluate_all("found => found.map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_link_behind_the_search_leads_past_the_filters_to_the_results(page: Page) -> None:
    page.goto(f"/search?q={MUG}&k=12")
    wait_for_results(page)
    field(page).focus()
    skip = page.get_by_role("link", name="Skip to the results")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_be_focused()
    expect(page).to_have_url(re.compile("k=12$"))
