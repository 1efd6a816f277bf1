import re

from playwright.sync_api import expect

from tests.web.conftest import Open
from tests.web.looking import results, wait_for_results


def test_values_ranges_and_truth_of_attributes_narrow_a_search_and_can_be_taken_back(open_page: Open) -> None:
    page, _ = open_page("attributes")
    page.goto("/search?q=mug")
    wait_for_results(page)
    size = page.get_by_role("group", name="Size", exact=True)
    label = size.get_by_role("listitem").filter(has_text=re.compile("^M"))
    label.get_by_role("checkbox").check()
    expect(page).to_have_url(re.compile(r"is\.size=M"))
    wait_for_results(page)
    page.get_by_label("Lowest weight").fill("1.5")
    page.get_by_label("Lowest weight").press("Enter")
    expect(page).to_have_url(re.compile(r"min\.weight=1\.5"))
    page.get_by_role("group", name="New", exact=True).get_by_label("Yes").check()
    expect(page).to_have_url(re.compile(r"flag\.new=true"))
    wait_for_results(page)
    active = page.get_by_role("list", name="Active filters")
    expect(active).to_contain_text("Size: M")
    expect(active).to_contain_text("Weight: from 1.5 kg")
    expect(active).to_contain_text("New: Yes")
    active.get_by_role("button", name="Remove the filter Weight: from 1.5 kg").click()
    expect(page).not_to_have_url(re.compile("weight"))


def test_results_are_sorted_by_an_attribute_and_prices_have_their_currency(open_page: Open) -> None:
    page, _ = open_page("attributes")
    page.goto("/search?q=mug")
    wait_for_results(page)
    expect(results(page).first).to_contain_text(re.compile("€|EUR"))
    expect(page.get_by_role("group", name="Price (EUR)")).to_be_visible()
    page.get_by_label("Sort by").select_option("Weight, highest first")
    expect(page).to_have_url(re.compile("sort=weight%3Adesc"))
    page.get_by_label("Sort by").select_option("Newest first")
    expect(page).to_have_url(re.compile("sort=newest"))
    wait_for_results(page)
    results(page).first.get_by_role("link").click()
    facts = page.locator("dl")
    expect(facts).to_contain_text("2026-09-01")
    expect(facts).to_contain_text(re.compile(r"Weight\s*[\d.]+ kg"))


def test_similar_products_are_narrowed_by_attributes(open_page: Open) -> None:
    page, _ = open_page("attributes")
    page.goto("/search?like=p00001&is.size=S&sort=weight:asc")
    wait_for_results(page)
    expect(page.get_by_role("list", name="Active filters")).to_contain_text("Size: S")
