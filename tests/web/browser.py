"""A browser that talks to nobody but the server, and remembers what it complained about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.waiting import HANG_SECONDS

CHROMIUM: Final = shutil.which("chromium")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
TIMEOUT_MS: Final = HANG_SECONDS * 1000
"""For anything to happen: the machine may be busy with the model."""

VIOLATIONS: Final = """
window.violations = [];
addEventListener("securitypolicyviolation", (one) => violations.push(`${one.violatedDirective} ${one.blockedURI}`));
"""


@dataclass
class Complaints:
    """What went wrong in a page without a test asking for it."""

    console: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Complaints with this part are wanted."""
        self.expected.append(part)

    def heard(self, message: ConsoleMessage) -> None:
        # A product whose picture is damaged has none: the browser says so, and the page shows its placeholder.
        if message.type in ("error", "warning") and not message.location.get("url", "").partition("?")[0].endswith(
            "/image"
        ):
            self.console.append(message.text)

    @property
    def unexpected(self) -> list[str]:
        return [one for one in self.console + self.external if not any(part in one for part in self.expected)]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()


def opened(browser: Browser, base: str, **options: Any) -> tuple[BrowserContext, Page, Complaints]:
    """A page of a fresh profile for the server at `base`; requests to anywhere else are stopped and noted."""
    context = browser.new_context(base_url=base, **{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(VIOLATIONS)
    complaints = Complaints()

    def stop(route: Any) -> None:
        complaints.external.append(f"request to {route.request.url}")
        route.abort()

    context.route(lambda url: not url.startswith((f"{base}/", "blob:", "data:")), stop)
    page = context.new_page()
    page.on("console", complaints.heard)
    page.on("pageerror", lambda error: complaints.console.append(str(error)))
    return context, page, complaints


def violations(page: Page) -> list[str]:
    """What the page's content security policy stopped."""
    return page.evaluate("window.violations ?? []")
