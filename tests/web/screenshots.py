"""Screenshots of the built page for docs/images/page-*.png: `python -m tests.web.screenshots SERVING`."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tests.conftest import ROOT
from tests.web.browser import chromium, opened
from tests.web.looking import MUG, enter_key, results, wait_for_results

IMAGES: Final = ROOT / "docs" / "images"
DESK: Final = {"viewport": {"width": 1280, "height": 800}}
PHONE: Final = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}


def why(page: Page) -> None:
    wait_for_results(page)
    results(page).first.get_by_role("button", name="Why this?").click()


def counted(page: Page) -> None:
    """Show the words and parts of the picture that counted for a result with an image."""
    wait_for_results(page)
    results(page).filter(has=page.locator("img")).nth(2).get_by_role("button", name="Why this?").click()
    page.get_by_role("button", name="Show what counted").click()
    page.get_by_role("list", name="Words").wait_for()


def examples(page: Page) -> None:
    page.get_by_role("heading", name="Categories").wait_for()


def like_but(page: Page) -> None:
    """Search for the first product with an image, but in blue."""
    wait_for_results(page)
    results(page).filter(has=page.locator("img")).first.get_by_role("link").click()
    page.get_by_label("Like this, but").fill("blue")
    page.get_by_label("Like this, but").press("Enter")
    wait_for_results(page)


def ruled(page: Page) -> None:
    """Begin a rule that pins the third product."""
    enter_key(page)
    preview = page.get_by_role("list", name="Preview").get_by_role("listitem")
    preview.nth(2).get_by_role("button", name="Pin").click()
    page.get_by_text("pinned, was 3").wait_for()


def compared(page: Page) -> None:
    page.get_by_text("arm b").first.wait_for()


SHOTS: Final[dict[str, tuple[str, str, dict[str, Any], Callable[[Page], None]]]] = {
    "first": ("plain", "/", {**DESK, "color_scheme": "light"}, examples),
    "results": ("plain", f"/search?q={MUG}", {**DESK, "color_scheme": "light"}, wait_for_results),
    "image": ("plain", "/search?q=red+scarf", {**DESK, "color_scheme": "dark"}, like_but),
    "why": ("plain", f"/search?q={MUG}", {**DESK, "color_scheme": "light"}, why),
    "counted": ("plain", "/search?q=blue+dotted+mug", {**DESK, "color_scheme": "light"}, counted),
    "compare": ("experiment", f"/compare?q={MUG}&view=ab", {**DESK, "color_scheme": "dark"}, compared),
    "rules": ("merchant", "/merchandising?q=red+mug", {**DESK, "color_scheme": "light"}, ruled),
    "phone": ("plain", f"/search?q={MUG}", {**PHONE, "color_scheme": "light"}, wait_for_results),
}


def shoot(browser: Browser, gateways: dict[str, str]) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    for name, (gateway, path, options, prepare) in SHOTS.items():
        context, page, _ = opened(browser, gateways[gateway], reduced_motion="reduce", **options)
        page.goto(path)
        prepare(page)
        page.mouse.move(0, 0)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)
        page.screenshot(path=IMAGES / f"page-{name}.png")
        context.close()


def main(serving: Path) -> None:
    with tempfile.TemporaryDirectory() as events:
        command = [sys.executable, "-m", "tests.web.server", str(serving), events]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                gateways = json.loads(process.stdout.readline())
                with chromium() as browser:
                    shoot(browser, gateways)
            finally:
                process.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
