"""The page for merchandisers: what customers search for, and a synonym for what is not found."""

import pytest
from playwright.sync_api import Page, expect

from tests.waiting import wait_until
from tests.web.conftest import Open
from tests.web.looking import enter_key, field


@pytest.fixture
def insights(open_page: Open) -> Page:
    page, complaints = open_page("merchant")
    complaints.expect("401")
    complaints.expect("400")  # a synonym that is none
    page.goto("/about")
    page.get_by_role("link", name="insights").click()
    enter_key(page)
    expect(page.get_by_role("heading", name="Without results")).to_be_visible()
    return page


def test_queries_lead_to_their_results(insights: Page) -> None:
    expect(insights).to_have_title("Insights · Vitrine")
    top = insights.get_by_role("region", name="Top queries")
    expect(top.get_by_role("row")).to_have_count(3)
    expect(top).to_contain_text("red mug")
    expect(insights.get_by_role("region", name="Without results").first).not_to_contain_text("red mug")
    top.get_by_role("link", name="red mug", exact=True).click()
    expect(field(insights)).to_have_value("red mug")


def test_a_synonym_is_added_and_takes_effect(insights: Page) -> None:
    insights.get_by_role("button", name="Add a synonym for beaker").click()
    words = insights.get_by_label("Words to search for instead of beaker")
    expect(words).to_be_focused()
    words.fill("beaker")
    words.press("Enter")
    expect(insights.get_by_role("alert")).to_contain_text("are the same words")
    words.fill("mug")
    words.press("Enter")
    expect(insights.get_by_text("now “mug”")).to_be_visible()

    def rewritten() -> bool:
        answer = insights.request.post("/predict", data={"query": "beaker"}).json()
        return bool(answer["rewritten"] and answer["rewritten"]["query"] == "mug")

    wait_until(rewritten)


def test_the_page_fits_a_telephone(insights: Page) -> None:
    insights.set_viewport_size({"width": 320, "height": 640})
    assert insights.evaluate("document.documentElement.scrollWidth") == 320
