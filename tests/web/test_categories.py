"""The categories that an image looks like, and the categories that the words of a query put first."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, results, wait_for_results
from tests.web.test_accessibility import serious


@pytest.fixture(scope="module")
def mug(gateways: dict[str, str]) -> bytes:
    """The image of a mug."""
    body = {"query": "mug", "k": 50, "filters": {"category": ["mug"]}}
    request = urllib.request.Request(
        f"{gateways['plain']}/predict", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as response:
        paths = [result["image_url"] for result in json.load(response)["results"] if result["image_url"]]
    with urllib.request.urlopen(gateways["plain"] + paths[0]) as image:
        return image.read()


def search_by(page: Page, image: bytes) -> None:
    page.goto("/")
    page.get_by_role("button", name="Search by image").click()
    page.get_by_label("Choose an image").set_input_files(FilePayload(name="a", mimeType="image/png", buffer=image))
    wait_for_results(page)


def looks_like(page: Page) -> Locator:
    return page.get_by_role("list", name="Looks like").get_by_role("button")


def predict(page: Page, *probabilities: tuple[str, float]) -> None:
    """Have the gateway's answers predict these categories of an image."""
    predicted = [{"category": category, "probability": probability} for category, probability in probabilities]

    def change(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"categories": predicted})

    page.route("**/predict-image", change)


def test_an_image_says_what_it_looks_like_and_the_category_is_a_filter(page: Page, mug: bytes) -> None:
    search_by(page, mug)
    button = looks_like(page).first
    expect(button).to_have_accessible_name(re.compile(r"Mug >?\d+%"))
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(page).to_have_url(re.compile("category=mug$"))
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Remove the filter Mug")).to_be_visible()
    expect(page.get_by_role("checkbox", name=re.compile(r"^Mug \d+$"))).to_be_checked()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("list", name="Active filters")).to_have_count(0)


def test_the_keyboard_chooses_categories_and_keeps_the_focus(page: Page, mug: bytes) -> None:
    predict(page, ("mug", 0.7), ("teapot", 0.2), ("travel mug", 0.05), ("lid", 0.05))
    search_by(page, mug)
    buttons = looks_like(page)
    expect(buttons).to_have_text(["Mug70%", "Teapot20%", "Travel mug5%"])
    buttons.first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("category=mug$"))
    wait_for_results(page)
    expect(buttons.first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("category=mug&category=teapot$"))
    wait_for_results(page)
    expect(buttons.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(buttons.nth(1)).to_be_focused()


@pytest.mark.parametrize("predicted", [[], [("mug", 0.49), ("teapot", 0.4)]], ids=["without a head", "a guess"])
def test_nothing_is_said_without_confidence(page: Page, mug: bytes, predicted: list[tuple[str, float]]) -> None:
    predict(page, *predicted)
    search_by(page, mug)
    expect(results(page).first).to_be_visible()
    expect(page.get_by_text("Looks like")).to_have_count(0)


def test_a_predicted_category_of_a_product_is_marked(page: Page) -> None:
    def predict_it(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json=response.json() | {"category": "mug", "category_predicted": True})

    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    results(page).first.get_by_role("link").click()
    category = page.get_by_role("definition").filter(has_text=re.compile("^Mug"))
    expect(category).to_have_text("Mug")
    page.route("**/products/*", predict_it)
    page.reload()
    expect(category).to_have_text("Mugpredicted")
    expect(category.get_by_text("predicted")).to_have_attribute("title", re.compile("has no category"))


def test_words_only_order_the_categories(page: Page) -> None:
    with page.expect_response("**/predict") as answered:
        page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    predicted = answered.value.json()["categories"]
    assert predicted[0]["category"] == "mug"
    facet = page.get_by_role("group", name="Category").get_by_role("checkbox")
    expect(facet.first).to_have_accessible_name(re.compile(r"^Mug \d+$"))
    expect(page.get_by_text("Looks like")).to_have_count(0)


def test_long_categories_fit_a_narrow_screen_in_any_light(open_page: Open, mug: bytes) -> None:
    page, _ = open_page(viewport={"width": 320, "height": 640}, color_scheme="light", reduced_motion="reduce")
    predict(page, ("Home, garden and kitchen > Kitchen > Tableware > Mugs", 0.6), ("mug", 0.3))
    search_by(page, mug)
    looks_like(page).nth(1).click()
    wait_for_results(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert serious(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert serious(page, {"runOnly": ["color-contrast"]}) == []
