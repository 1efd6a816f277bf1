"""Accessibility of every view, light and dark, as checked by axe."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.web.conftest import Open
from tests.web.looking import MUG, enter_key, field, options, results, wait_for_results

Prepare = Callable[[Page], object]


def _product(page: Page) -> None:
    results(page).first.get_by_role("link").click()
    expect(page.get_by_role("list", name="Similar products")).to_be_visible()


def _why(page: Page) -> None:
    results(page).first.get_by_role("button", name="Why this?").click()


VIEWS: dict[str, tuple[str, str, Prepare]] = {
    "first page": (
        "plain",
        "/",
        lambda page: expect(page.get_by_role("heading", name="Categories")).to_be_visible(),
    ),
    "suggestions": ("plain", "/", lambda page: (field(page).press_sequentially("mu"), options(page).first.wait_for())),
    "image menu": ("plain", "/", lambda page: page.get_by_role("button", name="Search by image").click()),
    "results": ("plain", f"/search?q={MUG}&color=red&min=0.2&k=12", wait_for_results),
    "attributes": ("attributes", f"/search?q={MUG}&is.size=M&min.weight=1&k=12", wait_for_results),
    "why": ("plain", f"/search?q={MUG}&k=12", lambda page: (wait_for_results(page), _why(page))),
    "corrected": ("plain", "/search?q=blue+ceramic+mugg&k=12", wait_for_results),
    "junk": ("plain", "/search?q=zxqv+wkjh", lambda page: page.get_by_role("button", name="Search anyway").wait_for()),
    "what is near": (
        "plain",
        "/search?q=mug&to=0.5&k=12",
        lambda page: page.get_by_role("heading", name="What is near").wait_for(),
    ),
    "product": ("plain", f"/search?q={MUG}&k=12", lambda page: (wait_for_results(page), _product(page))),
    "nothing asked": ("plain", "/search", lambda page: page.get_by_role("list", name="Examples").wait_for()),
    "missing image": ("plain", "/search?image=abc", lambda page: page.get_by_role("alert").wait_for()),
    "no experiment": ("plain", "/compare", lambda page: page.get_by_role("heading", level=2).wait_for()),
    "compared": ("experiment", f"/compare?q={MUG}&k=12", lambda page: page.get_by_text("are in both").wait_for()),
    "interleaved": (
        "experiment",
        f"/compare?q={MUG}&view=ab&k=12",
        lambda page: page.get_by_text("arm a").first.wait_for(),
    ),
    "locked": ("locked", "/search?q=mug", lambda page: page.get_by_label("Key", exact=True).wait_for()),
    "with a key": ("locked", "/search?q=mug&k=12", lambda page: (enter_key(page), wait_for_results(page))),
    "insights": ("merchant", "/queries", lambda page: (enter_key(page), page.get_by_text("Top queries").wait_for())),
    "rules": (
        "merchant",
        "/merchandising",
        lambda page: (enter_key(page), page.get_by_role("button", name="New rule").wait_for()),
    ),
    "new rule": (
        "merchant",
        f"/merchandising?q={MUG}",
        lambda page: (enter_key(page), page.get_by_role("list", name="Preview").wait_for()),
    ),
    "about": ("plain", "/about", lambda page: page.get_by_role("heading", level=1).wait_for()),
}


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(open_page: Open, view: str) -> None:
    gateway, path, prepare = VIEWS[view]
    page, complaints = open_page(gateway, color_scheme="light", reduced_motion="reduce")
    if gateway in ("locked", "merchant"):
        complaints.expect("401")
    page.goto(path)
    prepare(page)
    page.wait_for_timeout(100)
    assert serious(page) == []
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    assert serious(page, {"runOnly": ["color-contrast"]}) == []  # only colours are others now


def serious(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """Return the serious and critical violations that axe finds, in short."""
    violations = Axe().run(page, options={"resultTypes": ["violations"], **(options or {})}).response["violations"]
    barriers = [violation for violation in violations if violation["impact"] in ("serious", "critical")]
    return [f"{barrier['id']}: {[node['html'][:200] for node in barrier['nodes'][:3]]}" for barrier in barriers]
