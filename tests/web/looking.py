"""Elements of the page, and steps of a user."""

import re

from playwright.sync_api import Locator, Page, expect

MUG = "red chequered mug"


def results(page: Page) -> Locator:
    """Return the cards of the results."""
    return page.get_by_role("list", name="Results").get_by_role("article")


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search for products")


def options(page: Page) -> Locator:
    """Return the suggestions under the field."""
    return page.get_by_role("listbox", name="Suggestions").get_by_role("option")


def search(page: Page, words: str) -> None:
    """Type words, submit them, and wait for the results."""
    field(page).fill(words)
    field(page).press("Enter")
    wait_for_results(page)


def wait_for_results(page: Page) -> None:
    """Wait until the results of the current query are shown, and none of an earlier one."""
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d result"))).to_be_visible()


def enter_key(page: Page) -> None:
    """Enter the key that the page requests."""
    page.get_by_label("Key", exact=True).fill("öpen-sesame")
    page.get_by_role("button", name="Continue").click()


def ids(page: Page) -> list[str]:
    """Return the ids of the shown products, best first."""
    links = results(page).get_by_role("heading").get_by_role("link")
    return [str(link.get_attribute("href")).split("/")[-1].partition("?")[0] for link in links.all()]


def scores(page: Page) -> list[float]:
    return [float(meter.get_attribute("aria-valuenow") or "nan") for meter in results(page).get_by_role("meter").all()]
