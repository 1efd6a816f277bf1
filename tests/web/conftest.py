"""The page as it is built, on a real gateway with a real model, in a real browser."""

import json
import os
import shutil
import subprocess
import sys
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

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="session")
def built_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`make web`: seconds where nothing changed. Processes that run tests side by side build one after the other."""
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
    """What the sample's run pushed, or what VITRINE_SAMPLE_SERVING names."""
    given = os.environ.get("VITRINE_SAMPLE_SERVING")
    return Path(given) if given else request.getfixturevalue("sample_run").output / "serving"


@pytest.fixture(scope="session")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plain gateway keeps searches and feedback."""
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="session")
def gateways(
    built_page: Path, serving: Path, events: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The addresses of the gateways `plain`, `experiment`, `limited` and `locked`."""
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
    """Every test would wait in vain for a model that cannot be served."""
    try:
        urllib.request.urlopen(f"{address}/ready")
    except urllib.error.HTTPError as error:
        pytest.fail(f"the gateway is not ready: {error.read().decode()}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file: while one is open, Playwright opens no other for the tests beside these."""
    with chromium() as started:
        yield started


class Open(Protocol):
    def __call__(self, gateway: str = "plain", **options: Any) -> tuple[Page, Complaints]: ...


@pytest.fixture
def open_page(gateways: dict[str, str], browser: Browser) -> Iterator[Open]:
    """Opens pages, each in its own profile, and holds them to it at the end: no complaints of any kind."""
    closing: list[Callable[[], None]] = []

    def open_one(gateway: str = "plain", **options: Any) -> tuple[Page, Complaints]:
        context, page, complaints = opened(browser, gateways[gateway], **options)

        def close() -> None:
            stopped = violations(page)
            context.close()
            assert complaints.unexpected == []
            assert stopped == [] or complaints.expected, stopped

        closing.append(close)
        return page, complaints

    yield open_one
    for close in closing:
        close()


@pytest.fixture
def page(open_page: Open) -> Page:
    """A page on the plain gateway, with nothing to complain about."""
    return open_page()[0]
