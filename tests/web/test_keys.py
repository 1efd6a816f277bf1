import re
from urllib.parse import quote

import httpx
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.waiting import HANG_SECONDS
from tests.web.conftest import Open
from tests.web.looking import enter_key, results, wait_for_results


def test_a_search_that_needs_a_key_asks_for_it_and_goes_on(open_page: Open) -> None:
    page, complaints = open_page("locked")
    complaints.expect("401")
    page.goto("/search?q=mug")
    expect(page.get_by_role("heading", name="This search needs a key")).to_be_visible()
    key = page.get_by_label("Key", exact=True)
    expect(key).to_be_focused()
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    key.fill("wrong")
    key.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This key is not accepted.")
    key.fill("öpen-sesame")
    page.get_by_role("button", name="Continue").click()
    wait_for_results(page)
    expect(page.get_by_role("contentinfo")).to_contain_text("sample")  # refused requests were sent again, too
    expect(page.get_by_role("heading", name="This search needs a key")).to_have_count(0)
    image = results(page).locator("img").first
    image.scroll_into_view_if_needed()
    page.wait_for_function("element => element.complete && element.naturalWidth > 0", arg=image.element_handle())
    assert page.evaluate("document.cookie") == ""
    with page.expect_response("**/feedback") as response:
        results(page).first.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/product/"))
    assert response.value.status == 202


def test_a_refusal_that_comes_after_the_key_is_asked_again(open_page: Open) -> None:
    page, complaints = open_page("locked")
    complaints.expect("401")
    late: list[tuple[Route, APIResponse]] = []

    def hold_first(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    page.route("**/models", hold_first)
    page.goto("/search?q=mug")
    with page.expect_response("**/session") as accepted:
        enter_key(page)
    assert accepted.value.ok
    wait_for_results(page)
    ((route, refusal),) = late
    assert refusal.status == 401
    route.fulfill(response=refusal)
    expect(page.get_by_role("contentinfo")).to_contain_text("sample")
    wait_for_results(page)


def test_a_key_is_kept_for_the_next_visit(open_page: Open) -> None:
    page, complaints = open_page("locked")
    complaints.expect("401")
    page.goto("/")
    enter_key(page)
    expect(page.get_by_role("heading", name="Categories")).to_be_visible()
    again = page.context.new_page()
    again.goto("/search?q=mug")
    wait_for_results(again)
    page.request.delete("/session")
    again.goto("/search?q=lamp")
    expect(again.get_by_role("heading", name="This search needs a key")).to_be_visible()


def test_a_key_is_forgotten_with_all_that_it_had_opened(open_page: Open) -> None:
    page, complaints = open_page("locked")
    complaints.expect("401")
    complaints.expect("ERR_INTERNET_DISCONNECTED")
    page.goto("/search?q=mug")
    needed = page.get_by_role("heading", name="This search needs a key")
    forget = page.get_by_role("button", name="Forget the key")
    expect(needed).to_be_visible()
    expect(forget).to_have_count(0)
    enter_key(page)
    wait_for_results(page)
    page.context.set_offline(True)
    forget.click()
    expect(page.get_by_role("alert")).to_have_text("The key is still kept: the server cannot be reached.")
    page.context.set_offline(False)
    forget.press("Enter")
    expect(needed).to_be_visible()
    expect(results(page)).to_have_count(0)
    expect(forget).to_have_count(0)
    assert "vitrine_key" not in [cookie["name"] for cookie in page.context.cookies()]
    enter_key(page)
    wait_for_results(page)
    page.request.delete("/session")  # as from another tab
    forget.click()
    expect(needed).to_be_visible()


def test_without_required_keys_there_is_no_button_to_forget_one(page: Page) -> None:
    page.goto("/about")
    expect(page.get_by_role("contentinfo")).to_contain_text("sample")
    expect(page.get_by_role("button", name="Forget the key")).to_have_count(0)


def test_an_image_that_a_link_names_waits_for_the_key(open_page: Open, gateways: dict[str, str]) -> None:
    listed = httpx.post(
        f"{gateways['plain']}/predict", json={"query": "red mug", "k": 50}, timeout=HANG_SECONDS
    ).json()["results"]
    image = next(result["image_url"] for result in listed if result["image_url"])
    page, complaints = open_page("locked")
    complaints.expect("401")
    with page.expect_response(f"**{image}") as refused:
        page.goto(f"/search?image={quote(image)}")
    assert refused.value.status == 401
    enter_key(page)
    wait_for_results(page)
    chip = page.get_by_role("img", name="The image searched with")
    expect(chip).to_have_js_property("complete", True)
    assert chip.evaluate("element => element.naturalWidth") > 0
