import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, field, ids, results, wait_for_results


def test_why_shows_words_likeness_and_labels_and_gives_the_focus_back(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    button = results(page).first.get_by_role("button", name="Why this?")
    button.click()
    panel = page.get_by_role("dialog", name="Why this?")
    expect(panel.locator("mark").first).to_be_visible()
    assert {word.casefold() for word in panel.locator("mark").all_inner_texts()} & set(MUG.split())
    expect(panel).to_contain_text(re.compile(r"Words\s*[+−]\d\.\d σ"))
    shares = [
        float(share)
        for share in re.findall(r"(?:Exact|Substitute|Complement|Irrelevant)\s*[<>]?(\d+)%", panel.inner_text())
    ]
    assert len(shares) == 4
    assert 95 <= sum(shares) <= 105
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(button).to_be_focused()


def test_what_counted_is_shown_on_demand_with_words_and_the_map_of_the_image(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    results(page).filter(has=page.locator("img")).first.get_by_role("button", name="Why this?").press("Enter")
    panel = page.get_by_role("dialog", name="Why this?")
    expect(panel.get_by_role("list", name="Words")).to_have_count(0)
    panel.get_by_role("button", name="Show what counted").press("Enter")
    words = panel.get_by_role("list", name="Words").get_by_role("listitem")
    expect(words).to_have_count(len(MUG.split()))
    expect(words.first).to_contain_text(re.compile("spoke (for|against) it"))
    expect(panel.get_by_role("img", name=re.compile("The product’s image: (most of it|no part)"))).to_be_visible()
    panel.get_by_role("button", name="Hide what counted").press("Enter")
    expect(words).to_have_count(0)


def test_more_like_this_is_a_search_that_can_be_shared_and_filtered(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    first = ids(page)[0]
    results(page).first.get_by_role("button", name="More like this").click()
    expect(page).to_have_url(re.compile(f"like={first}"))
    wait_for_results(page)
    assert first not in ids(page)
    brand = page.get_by_role("group", name="Brand").get_by_role("checkbox").first
    brand.check()
    expect(page).to_have_url(re.compile(f"like={first}.*brand="))
    wait_for_results(page)
    expect(brand).to_be_checked()


def test_a_product_has_a_page_with_its_details_and_what_is_like_it(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    link = results(page).first.get_by_role("link")
    title = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page).to_have_title(f"{title} · Vitrine")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page.get_by_role("list", name="Similar products").get_by_role("article")).to_have_count(12)
    page.get_by_role("link", name="Mug", exact=True).click()
    wait_for_results(page)
    expect(page.get_by_role("checkbox", name=re.compile(r"^Mug \d+$"))).to_be_checked()


def test_a_product_can_be_searched_with_a_difference(page: Page) -> None:
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    results(page).filter(has=page.locator("img")).first.get_by_role("link").click()
    page.get_by_label("Like this, but").fill("in blue")
    with page.expect_response("**/predict-image") as answered:
        page.get_by_label("Like this, but").press("Enter")
    assert answered.value.json()["kind"] == "both"
    wait_for_results(page)
    expect(field(page)).to_have_value("in blue")


@pytest.mark.parametrize("name", ["nothing", "cups/red 50%", "a%2Fb", "größe?/image"])
def test_a_product_that_is_not_there_is_said_so(open_page: Open, name: str) -> None:
    page, complaints = open_page()
    complaints.expect("404")
    page.goto(f"/product/{quote(name, safe='')}")
    expect(page.get_by_role("alert")).to_contain_text(f"No product '{name}' in sample.")
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    page.goto("/about")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("mug")
    page.keyboard.press("Enter")
    wait_for_results(page)
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    links = results(page).get_by_role("heading").get_by_role("link")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("j")
    expect(links.nth(2)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("w")
    expect(page.get_by_role("dialog", name="Why this?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/product/"))
    expect(page.get_by_role("main")).to_be_focused()


def test_keys_of_one_letter_can_be_turned_off(page: Page) -> None:
    page.goto("/about")
    page.get_by_label("Enable keys that are letters or symbols").uncheck()
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.keyboard.press("/")
    expect(field(page)).not_to_be_focused()


def test_the_first_stop_skips_to_the_content(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
