import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from streamlit.testing.v1 import AppTest

from tests.apps.conftest import (
    ROOT,
    App,
    ShopGateway,
    free_port,
    listens_only_on_loopback,
    started,
    visiting,
    wait_until_it_answers,
)

APP = ROOT / "apps" / "streamlit_app.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, report: dict[str, Any], benchmark: dict[str, Any]) -> Path:
    """A folder with one complete run."""
    run = tmp_path_factory.mktemp("streamlit") / "runs" / "good"
    for name in ("serving/index/1", "serving/product_search/1", "benchmark"):
        (run / name).mkdir(parents=True)
    (run / "report.json").write_text(json.dumps(report))
    (run / "benchmark" / "benchmark.json").write_text(json.dumps(benchmark))
    return run.parent


@pytest.fixture(scope="module")
def starting(shop_gateway: ShopGateway, folder: Path) -> Iterator[App]:
    """The app, which starts while the gateway's models are built."""
    port = free_port()
    command = ["-m", "streamlit", "run", str(APP), "--server.port", str(port), "--", "--runs", str(folder)]
    with started(command, {"VITRINE_GATEWAY": shop_gateway.url}, port, folder.parent / "log.txt") as app:
        yield app


def panel(page: Page, name: str) -> Locator:
    """Open a tab, and return its panel."""
    page.get_by_role("tab", name=name, exact=True).click()
    return page.get_by_role("tabpanel", name=name, exact=True)


def test_a_run_is_looked_at_and_two_catalogues_are_compared(
    starting: App, chromium: Browser, answering_gateway: ShopGateway
) -> None:
    with visiting(chromium, wait_until_it_answers(starting)) as visit:
        page = visit.page
        expect(panel(page, "Runs").get_by_role("row", name="good")).to_contain_text("0.875")
        row = panel(page, "Run").get_by_role("row", name="accuracy")
        expect(row).to_contain_text("0.250 (majority class)")
        expect(row).to_contain_text("+0.500")
        expect(panel(page, "Benchmark")).to_contain_text("source about shoe (4)")
        expect(panel(page, "Serving").get_by_role("row", name="index, product_search")).to_contain_text("shop, outlet")
        compare = panel(page, "Compare")
        compare.get_by_label("Query").fill("red shiirt")
        compare.get_by_label("Query").press("Enter")
        tables = compare.get_by_role("table")
        expect(tables).to_have_count(2)
        for index in (0, 1):
            expect(tables.nth(index).get_by_role("row").nth(1)).to_contain_text("red shirt")
        expect(compare).to_contain_text("Asked as: red shirt")
        expect(compare.get_by_text("Predicted categories: shirt")).to_have_count(1)  # the other model has no head
        expect(compare).to_contain_text("10 of the first 10 are in both; the first one is the same")
        assert visit.requested_elsewhere(starting) == []
    assert not starting.elsewhere.was_contacted()
    assert listens_only_on_loopback(starting)


def test_without_a_gateway_runs_can_still_be_looked_at(starting: App, chromium: Browser) -> None:
    with visiting(chromium, wait_until_it_answers(starting)) as visit:
        expect(panel(visit.page, "Runs").get_by_role("row", name="good")).to_be_visible()
        expect(panel(visit.page, "Compare")).to_contain_text("The gateway cannot be reached")
        assert "Traceback" not in visit.page.content()


Open = Callable[..., AppTest]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Open:
    """A function that runs the page's script with these arguments, without a gateway."""

    def run(*arguments: object) -> AppTest:
        gateway = f"http://127.0.0.1:{free_port()}"
        monkeypatch.setattr(sys, "argv", [str(APP), "--gateway", gateway, *map(str, arguments)])
        shown = AppTest.from_file(APP, default_timeout=60).run()
        assert not shown.exception
        return shown

    return run


def notices(shown: AppTest) -> str:
    return "\n".join(notice.value.replace("\\", "") for notice in (*shown.warning, *shown.info, *shown.error))


def test_broken_and_missing_files_are_messages(look: Open, runs: Path) -> None:
    shown = look("--runs", runs)
    assert "The gateway cannot be reached" in notices(shown)
    assert "There is no benchmark/benchmark.json in good." in notices(shown)
    shown.sidebar.selectbox[0].set_value(runs / "cut").run()
    assert not shown.exception
    assert "report.json of cut is not JSON: perhaps it was cut off." in notices(shown)
    assert "This run has pushed nothing." in notices(shown)


@pytest.mark.parametrize(("name", "message"), [("none", "cannot be read"), ("notes", "There is no run in")])
def test_a_folder_without_runs_is_a_message(look: Open, runs: Path, name: str, message: str) -> None:
    assert message in notices(look("--runs", runs / name))


def test_the_environment_names_the_folder_too(look: Open, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_RUNS", str(runs / "good"))
    assert [element.value for element in look().success] == ["shop: pushed".replace(":", "\\:")]


def test_a_run_that_failed_or_was_refused_says_why(look: Open, runs: Path) -> None:
    file = runs / "good" / "report.json"
    file.write_text(json.dumps({"name": "shop", "status": "failed", "error": "out of memory"}))
    shown = look("--runs", runs)
    assert [element.value for element in shown.error] == ["shop\\: failed"]
    assert "out of memory" in [element.value for element in shown.text]
    assert "There are no such figures" in notices(shown)
    file.write_text(json.dumps({"name": "shop", "status": "refused", "refused": ["accuracy is below its floor"]}))
    assert "accuracy is below its floor" in [element.value for element in look("--runs", runs).text]
