"""A browser that contacts only the server under test, and records errors and warnings of the page."""

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
"""Time limit of any step, since the machine may be busy with the model."""

VIOLATIONS: Final = """
window.violations = [];
addEventListener(
  "securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`)
);
"""


@dataclass
class Complaints:
    """Errors and warnings of a page, and its requests to other servers."""

    console: list[str] = field(default_factory=list)
    external: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Expect complaints that contain `part`."""
        self.expected.append(part)

    def record(self, message: ConsoleMessage) -> None:
        # A damaged image of a product is missing: the browser logs an error, and the page shows a placeholder.
        if message.type in ("error", "warning") and not message.location.get("url", "").partition("?")[0].endswith(
            "/image"
        ):
            self.console.append(message.text)

    @property
    def unexpected(self) -> list[str]:
        return [
            complaint
            for complaint in self.console + self.external
            if not any(part in complaint for part in self.expected)
        ]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run the system's browser, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS])
        yield browser
        browser.close()


def opened(browser: Browser, base: str, **options: Any) -> tuple[BrowserContext, Page, Complaints]:
    """Open a page in a fresh profile for the server at `base`; requests to other servers are aborted and recorded."""
    context = browser.new_context(base_url=base, **{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(TIMEOUT_MS)
    context.add_init_script(VIOLATIONS)
    complaints = Complaints()

    def stop(route: Any) -> None:
        complaints.external.append(f"request to {route.request.url}")
        route.abort()

    context.route(lambda url: not url.startswith((f"{base}/", "blob:", "data:")), stop)
    page = context.new_page()
    page.on("console", complaints.record)
    page.on("pageerror", lambda error: complaints.console.append(str(error)))
    return context, page, complaints


def violations(page: Page) -> list[str]:
    """Return the violations of the page's content security policy."""
    return page.evaluate("window.violations ?? []")
