"""What tests look for in the page."""

import re

from playwright.sync_api import Locator, Page, expect

MUG = "red chequered mug"


def results(page: Page) -> Locator:
    """The cards of what was found."""
    return page.get_by_role("list", name="Results").get_by_role("article")


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search for products")


def search(page: Page, words: str) -> None:
    """Type words, send them, and wait for what is found."""
    field(page).fill(words)
    field(page).press("Enter")
    found(page)


def found(page: Page) -> None:
    """Wait until results are there and none of an earlier question are."""
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d result"))).to_be_visible()


def let_in(page: Page) -> None:
    """Give the key that the page asks for."""
    page.get_by_label("Key", exact=True).fill("öpen-sesame")
    page.get_by_role("button", name="Continue").click()


def ids(page: Page) -> list[str]:
    """The products shown, best first."""
    links = results(page).get_by_role("heading").get_by_role("link")
    return [str(link.get_attribute("href")).split("/")[-1].partition("?")[0] for link in links.all()]


def scores(page: Page) -> list[float]:
    return [float(one.get_attribute("aria-valuenow") or "nan") for one in results(page).get_by_role("meter").all()]
