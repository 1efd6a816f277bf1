import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Open
from tests.web.looking import field, ids, results, wait_for_results

VIEWS = ("/", "/search", "/search?q=mug", "/product/{id}", "/compare", "/about", "/search?q=zxqv+wkjh")
NARROW = {"width": 320, "height": 640}


def test_offline_is_said_and_the_search_goes_on_afterwards(open_page: Open) -> None:
    page, complaints = open_page()
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline. What was found stays here")).to_be_visible()
    expect(results(page)).to_have_count(24)
    field(page).fill("lamp")
    field(page).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    page.context.set_offline(False)
    wait_for_results(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text("lamp")


def test_a_request_to_an_unreachable_server_can_be_retried(open_page: Open) -> None:
    page, complaints = open_page()
    complaints.expect("ERR_CONNECTION_REFUSED")
    page.route("**/predict", lambda route: route.abort("connectionrefused"))
    page.goto("/search?q=mug")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    page.unroute("**/predict")
    page.get_by_role("button", name="Try now").click()
    wait_for_results(page)


def test_an_error_is_shown_in_the_words_of_the_api(open_page: Open) -> None:
    page, complaints = open_page()
    complaints.expect("404")
    page.goto("/search?q=mug&catalogue=nope")
    expect(page.get_by_role("alert")).to_contain_text("No catalogue 'nope'; there are sample.")
    with page.expect_response("**/nope/search") as again:
        page.get_by_role("button", name="Try again").click()
    assert again.value.status == 404


def test_too_many_requests_say_when_there_may_be_more(open_page: Open) -> None:
    page, complaints = open_page("limited")
    complaints.expect("429")
    page.goto("/search?q=mug")
    expect(results(page).first.or_(page.get_by_role("alert"))).to_be_visible()
    for word in ("lamp", "scarf", "table"):
        field(page).fill(word)
        field(page).press("Enter")
        expect(page).to_have_url(re.compile(word))
        expect(results(page).first.or_(page.get_by_role("alert"))).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("More than 3 requests a minute")
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Trying again in \d+ seconds"))


def test_a_slow_answer_has_a_shape_and_a_fast_one_does_not_flicker(page: Page) -> None:
    routes: list[Route] = []
    page.route("**/predict", lambda route: routes.append(route))
    page.goto("/search?q=mug")
    shapes = page.locator(".breathe")
    expect(shapes.first).to_be_visible()
    routes[0].continue_()
    wait_for_results(page)
    expect(shapes).to_have_count(0)


def test_an_empty_query_offers_examples(page: Page) -> None:
    page.goto("/search")
    page.get_by_role("list", name="Examples").get_by_role("link").first.click()
    wait_for_results(page)


def test_labels_that_are_not_peoples_are_named(page: Page) -> None:
    judged_by: str | None = None

    def set_judges(route: Route) -> None:
        models = route.fetch().json()
        models["catalogues"][0]["judged_by"] = judged_by
        route.fulfill(json=models)

    page.route("**/models", set_judges)
    page.goto("/about")
    line = page.get_by_role("main").get_by_role("listitem").filter(has_text="product")
    expect(line).to_be_visible()
    expect(line).not_to_contain_text("it learnt from examples")
    judged_by = "judged by rules over the catalogue, not by people"
    page.reload()
    expect(line).to_contain_text(f"it learnt from examples {judged_by}")


def test_dark_follows_the_system_until_chosen_and_is_remembered(open_page: Open) -> None:
    page, _ = open_page(color_scheme="dark")
    page.goto("/about")
    lightness = "Number(getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/)[0])"
    assert page.evaluate(lightness) < 60
    page.get_by_role("button", name="Theme: as the system").click()
    expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.evaluate(lightness) > 200
    page.reload()
    assert page.evaluate(lightness) > 200
    page.get_by_role("button", name="Theme: light").click()
    assert page.evaluate(lightness) < 60


def test_motion_is_left_out_where_it_is_not_wanted(open_page: Open) -> None:
    page, _ = open_page(reduced_motion="reduce")
    page.goto("/search?q=mug")
    wait_for_results(page)
    duration = page.locator(".arrive").first.evaluate(
        "element => parseFloat(getComputedStyle(element).animationDuration)"
    )
    assert duration < 0.001


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_a_small_phone(open_page: Open, view: str) -> None:
    page, _ = open_page(viewport=NARROW, has_touch=True, is_mobile=True)
    if "{id}" in view:
        page.goto("/search?q=mug")
        wait_for_results(page)
        view = view.format(id=ids(page)[0])
    page.goto(view)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]


def test_filters_are_in_a_panel_on_a_phone(open_page: Open) -> None:
    page, _ = open_page(viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.get_by_role("button", name="Filters").click()
    panel = page.get_by_role("dialog", name="Filters")
    panel.get_by_role("group", name="Brand").get_by_role("checkbox").first.check()
    expect(page).to_have_url(re.compile("brand="))
    panel.get_by_role("button", name=re.compile(r"Show \d+ results")).click()
    expect(panel).to_have_count(0)
    expect(page.get_by_role("list", name="Active filters")).to_be_visible()
