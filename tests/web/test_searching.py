import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, field, ids, results, scores, search, wait_for_results


def test_words_find_products_and_the_address_has_the_query(page: Page) -> None:
    page.goto("/")
    search(page, MUG)
    expect(page).to_have_url(re.compile(r"/search\?q=red\+chequered\+mug$"))
    expect(results(page)).to_have_count(24)
    expect(page.get_by_role("heading", level=1)).to_have_text(MUG)
    expect(page).to_have_title(f"{MUG} · Vitrine")
    first = results(page).first
    expect(first).to_contain_text(re.compile("mug|cup", re.I))
    expect(first).to_contain_text(re.compile("Exact|Substitute"))
    assert scores(page) == sorted(scores(page), reverse=True)


def test_the_first_page_offers_queries_that_the_catalogue_can_answer(page: Page) -> None:
    page.goto("/")
    example = page.get_by_role("paragraph").filter(has_text="Try").get_by_role("link").first
    words = example.inner_text()
    example.click()
    wait_for_results(page)
    expect(field(page)).to_have_value(words)


def test_a_corrected_query_can_be_searched_as_typed(page: Page) -> None:
    page.goto("/search?q=blue+ceramic+mugg")
    expect(page.get_by_text("Showing results for blue ceramic mug.")).to_be_visible()
    page.get_by_role("link", name="blue ceramic mugg").click()
    expect(page).to_have_url(re.compile("exact=1"))
    wait_for_results(page)
    expect(page.get_by_text("Showing results for")).to_have_count(0)


def test_words_that_became_filters_can_be_searched_for(page: Page) -> None:
    page.goto("/search?q=mug+under+15+not+red")
    expect(page.get_by_text("Only products up to 15.00 (“under 15”), without “red” (“not red”).")).to_be_visible()
    wait_for_results(page)
    page.get_by_role("link", name="Search for these words instead").click()
    expect(page).to_have_url(re.compile("literal=1"))
    wait_for_results(page)
    expect(page.get_by_text("Only products")).to_have_count(0)


def test_a_junk_query_is_searched_only_on_request(page: Page) -> None:
    page.goto("/search?q=zxqv+wkjh")
    expect(page.get_by_text("Nothing here matches these words")).to_be_visible()
    expect(results(page)).to_have_count(0)
    page.get_by_role("button", name="Search anyway").click()
    wait_for_results(page)
    expect(page).to_have_url(re.compile("anyway=1"))
    assert len(ids(page)) > 0


def test_a_facet_narrows_keeps_its_alternatives_and_can_be_left_out(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    brands = page.get_by_role("group", name="Brand").get_by_role("listitem")
    offered = brands.all_inner_texts()
    assert len(offered) > 1
    brands.first.get_by_role("checkbox").check()
    remove = page.get_by_role("list", name="Active filters").get_by_role("button", name="Remove the filter").first
    brand = remove.inner_text().strip()
    expect(page).to_have_url(re.compile("brand="))
    wait_for_results(page)
    assert all(brand in card.inner_text() for card in results(page).all())
    assert brands.all_inner_texts() == offered  # with their counts
    remove.click()
    expect(page).not_to_have_url(re.compile("brand="))


def test_an_address_that_narrows_offers_the_alternatives_and_what_nothing_has(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    brands = page.get_by_role("group", name="Brand").get_by_role("listitem")
    offered = brands.all_inner_texts()
    second = offered[1].splitlines()[0]
    page.goto(f"/search?q=mug&brand={second}&brand=Nobody")
    wait_for_results(page)
    assert brands.all_inner_texts()[:4] == ["Nobody", *offered[:3]]  # there are more than are shown at first
    expect(page.get_by_role("checkbox", name=second)).to_be_checked()
    expect(page.get_by_role("checkbox", name="Nobody")).to_be_checked()


def test_prices_are_kept_to(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.get_by_label("Lowest price").fill("20")
    page.get_by_label("Highest price").fill("10")
    page.get_by_label("Highest price").press("Enter")
    expect(page).to_have_url(re.compile("from=10&to=20"))  # turned round, they make sense
    wait_for_results(page)
    prices = shown_prices(page)
    assert prices
    assert all(10 <= price <= 20 for price in prices)


def shown_prices(page: Page) -> list[float]:
    cards = "\n".join(card.inner_text() for card in results(page).all())
    return [float(price) for price in re.findall(r"^\d+\.\d\d$", cards, re.M)]


def test_results_are_sorted_by_price(page: Page) -> None:
    page.goto("/search?q=mug&k=12")
    wait_for_results(page)
    page.get_by_label("Sort by").select_option("Price, lowest first")
    expect(page).to_have_url(re.compile("sort=price_asc"))
    wait_for_results(page)
    prices = shown_prices(page)
    assert len(prices) > 1
    assert prices == sorted(prices)


def test_the_number_of_results_and_the_lowest_score_can_be_chosen(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.get_by_label("Results per page").select_option("12")
    expect(results(page)).to_have_count(12)
    page.get_by_label("Lowest score").fill("0.5")
    expect(page).to_have_url(re.compile("k=12&min=0.5"))
    wait_for_results(page)
    assert min(scores(page)) >= 0.5


def test_pages_go_on_where_the_one_before_ended(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    page.get_by_role("link", name="Next page").click()
    expect(page.get_by_text("25–48 of")).to_be_visible()
    expect(results(page).first.get_by_role("link")).to_have_attribute("data-result", "25")
    expect(page.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")
    assert page.evaluate("scrollY") == 0


def test_an_address_shows_all_users_the_same_results(open_page: Open) -> None:
    address = "/search?q=mug&color=red&to=30&k=12&min=0.1&page=1"
    shown = []
    for _ in range(2):
        page, _complaints = open_page()
        page.goto(address)
        wait_for_results(page)
        shown.append(ids(page))
        expect(page.get_by_role("checkbox", name="Red")).to_be_checked()
        expect(page.get_by_label("Highest price")).to_have_value("30")
        expect(page.get_by_label("Lowest score")).to_have_value("0.1")
    assert shown[0]
    assert shown[0] == shown[1]


def test_back_and_forward_show_what_was_there(page: Page) -> None:
    page.goto("/search?q=mug")
    wait_for_results(page)
    mugs = ids(page)
    search(page, "lamp")
    expect(page.get_by_role("heading", level=1)).to_have_text("lamp")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("mug")
    expect(field(page)).to_have_value("mug")
    assert ids(page) == mugs
    page.go_forward()
    expect(field(page)).to_have_value("lamp")


def test_a_late_answer_does_not_replace_a_newer_one(page: Page) -> None:
    routes: list[Route] = []
    page.route("**/predict", lambda route: routes.append(route) if not routes else route.continue_())
    page.goto("/search?q=lamp")
    expect(page.get_by_text("Searching…")).to_be_visible()  # slow enough to say so
    search(page, "mug")
    mugs = ids(page)
    routes[0].continue_()
    page.wait_for_timeout(500)
    assert ids(page) == mugs


def test_a_click_is_reported_with_its_search(page: Page, events: Path) -> None:
    with page.expect_response("**/predict") as answered:
        page.goto("/search?q=mug")
    wait_for_results(page)
    second = results(page).nth(1)
    with page.expect_request("**/feedback") as request:
        second.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/product/"))
    feedback = request.value.post_data_json
    response = answered.value.json()
    assert feedback == {
        "request_id": response["request_id"],
        "product_id": response["results"][1]["product_id"],
        "kind": "click",
        "position": 2,
    }
