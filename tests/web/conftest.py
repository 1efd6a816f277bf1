"""The built page, on a real gateway with a real model, in a real browser."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, Page, expect

from tests.conftest import ROOT, environment
from tests.waiting import HANG_SECONDS
from tests.web.browser import CHROMIUM, TIMEOUT_MS, Complaints, chromium, opened, violations
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def built_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built by `make web`: it takes seconds if nothing changed. Parallel test processes build one by one."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"the page is built with {program}, which is not installed")
    if CHROMIUM is None:
        pytest.skip("these tests look at the page with chromium, which is not installed")
    with FileLock(tmp_path_factory.getbasetemp().parent / "web.lock"):
        built = subprocess.run(
            ["make", "-s", "web"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
        )
    assert built.returncode == 0, built.stdout + built.stderr
    return ROOT / "web" / "dist"


@pytest.fixture(scope="session")
def serving(request: pytest.FixtureRequest) -> Path:
    """The serving directory of the sample's run, or the one that VITRINE_SAMPLE_SERVING names."""
    directory = os.environ.get("VITRINE_SAMPLE_SERVING")
    return Path(directory) if directory else request.getfixturevalue("sample_run").output / "serving"


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the plain gateway's event log."""
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="session")
def searches(events: Path) -> None:
    """Searches of the last day, before any request reads the log, which is then kept for minutes."""
    now = time.time() - 3600
    with EventLog(events / "merchant") as log:
        for user in range(40):
            for query, total in (("red mug", 24), ("beaker", 0)):
                request = f"{user}-{query}"
                log.put(SearchEvent(time=now, request_id=request, user=f"u{user}", query=query, total=total))
                if total:
                    log.put(FeedbackEvent(time=now, request_id=request, user=f"u{user}", product_id="p"))


@pytest.fixture(scope="session")
def gateways(
    built_page: Path, serving: Path, events: Path, searches: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of the gateways `plain`, `experiment`, `limited`, `merchant`, `attributes` and `locked`."""
    log = tmp_path_factory.mktemp("gateway") / "log"
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "tests.web.server", str(serving), str(events)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text(encoding="utf-8", errors="replace")[-4000:]
            addresses = json.loads(line)
            for address in addresses.values():
                assert_ready(address)
            yield addresses
        finally:
            process.terminate()
            try:
                process.wait(HANG_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def assert_ready(address: str) -> None:
    """Fail at once if the model cannot be served, instead of in every test."""
    try:
        urllib.request.urlopen(f"{address}/ready")
    except urllib.error.HTTPError as error:
        pytest.fail(f"the gateway is not ready: {error.read().decode()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser per test file: while it is open, Playwright cannot open another one in this process."""
    with chromium() as started:
        yield started


class Open(Protocol):
    def __call__(self, gateway: str = "plain", **options: Any) -> tuple[Page, Complaints]: ...


@pytest.fixture
def open_page(gateways: dict[str, str], browser: Browser) -> Iterator[Open]:
    """A function that opens pages, each in its own profile; at the end they must have no complaints."""
    closing: list[Callable[[], None]] = []

    def open_in_profile(gateway: str = "plain", **options: Any) -> tuple[Page, Complaints]:
        context, page, complaints = opened(browser, gateways[gateway], **options)

        def close() -> None:
            stopped = violations(page)
            context.close()
            assert complaints.unexpected == []
            assert stopped == [] or complaints.expected, stopped

        closing.append(close)
        return page, complaints

    yield open_in_profile
    for close in closing:
        close()


@pytest.fixture
def page(open_page: Open) -> Page:
    """A page on the plain gateway, without complaints."""
    return open_page()[0]
