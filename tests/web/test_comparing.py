import re

from playwright.sync_api import Page, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, wait_for_results


def test_without_an_experiment_the_view_says_how_to_have_one(page: Page) -> None:
    page.goto(f"/compare?q={MUG}")
    expect(page.get_by_role("heading", name="No experiment is running")).to_be_visible()
    expect(page.get_by_text("experiment:")).to_be_visible()


def test_both_arms_are_side_by_side_with_their_catalogues(open_page: Open) -> None:
    page, _ = open_page("experiment")
    page.goto("/compare")
    page.get_by_role("combobox", name="Search for products").fill(MUG)
    page.get_by_role("combobox", name="Search for products").press("Enter")
    expect(page.get_by_text("24 of the first 24 are in both; 24 in the same place.")).to_be_visible()
    for arm, catalogue in (("a", "current"), ("b", "candidate")):
        side = page.get_by_role("region", name=f"Arm {arm}")
        expect(side.get_by_role("article")).to_have_count(24)
        expect(side).to_contain_text(re.compile(rf"{catalogue}, version 20\d\d-\d\d-\d\d \d\d:\d\d · \d+ ms"))


def test_interleaved_results_say_which_arm_gave_each(open_page: Open) -> None:
    page, _ = open_page("experiment")
    page.goto(f"/compare?q={MUG}")
    page.get_by_role("link", name="As shoppers see it").click()
    expect(page).to_have_url(re.compile("view=ab"))
    rows = page.get_by_role("region", name="Results").get_by_role("article")
    expect(rows).to_have_count(24)
    arms = {re.search(r"arm ([ab])", row.inner_text()).group(1) for row in rows.all()}  # type: ignore[union-attr]
    assert arms == {"a", "b"}


def test_the_better_result_list_names_its_arm(open_page: Open) -> None:
    page, _ = open_page("experiment")
    page.goto(f"/compare?q={MUG}&view=best")
    region = page.get_by_role("region", name="Results")
    expect(region.get_by_role("heading", level=2)).to_have_text(re.compile("Arm [ab]"))
    region.get_by_role("button", name="Why this?").first.click()
    expect(page.get_by_role("dialog", name="Why this?")).to_be_visible()


def test_one_catalogue_or_all_can_be_searched(open_page: Open) -> None:
    page, _ = open_page("experiment")
    page.goto(f"/search?q={MUG}")
    wait_for_results(page)
    expect(page.get_by_text(re.compile(r"\(fits best\) · \d+ ms"))).to_be_visible()
    for value, shown in (("candidate", r"^candidate · \d+ ms"), ("all", r"^current \+ candidate \(together\)")):
        page.get_by_label("Catalogue").select_option(value)
        expect(page).to_have_url(re.compile(f"catalogue={value}"))
        expect(page.get_by_text(re.compile(shown))).to_be_visible()
