import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.apps.conftest import (
    ROOT,
    App,
    ShopGateway,
    Visit,
    free_port,
    listens_only_on_loopback,
    started,
    visiting,
    wait_until_it_answers,
)
from tests.vitrine.search.shop import image_bytes
from tests.waiting import HANG_SECONDS


@pytest.fixture(scope="module")
def starting(shop_gateway: ShopGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, which starts while the gateway's models are built."""
    folder, port = tmp_path_factory.mktemp("gradio"), free_port()
    environment = {
        "VITRINE_GATEWAY": shop_gateway.url,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "cache"),
    }
    with started(["apps/gradio_app.py"], environment, port, folder / "log.txt") as app:
        yield app


@pytest.fixture
def visit(starting: App, chromium: Browser, answering_gateway: ShopGateway) -> Iterator[Visit]:
    with visiting(chromium, wait_until_it_answers(starting)) as visit:
        yield visit


def ask(page: Page, query: str) -> None:
    words = page.get_by_role("textbox", name="Words")
    words.fill(query)
    words.press("Enter")


def first(page: Page) -> str:
    """Return the caption of the first result, once there are results."""
    return page.locator("#results .caption-label").first.inner_text()


def test_words_find_the_right_product_first_without_other_hosts(visit: Visit, starting: App) -> None:
    page = visit.page
    expect(page.get_by_role("heading", name="Vitrine")).to_be_visible()
    ask(page, "green mug")
    expect(page.locator("#results .caption-label")).to_have_count(12)
    lines = first(page).splitlines()
    assert lines[:2] == ["1. green mug", "7.50"]
    assert lines[2].startswith("Exact · score 0.")
    expect(page.locator("#status")).to_contain_text("12 of 20 results · shop, version 1")
    image = page.locator("#results img").first
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 16
    assert len(visit.requested) > 10
    assert visit.requested_elsewhere(starting) == []
    assert not starting.elsewhere.was_contacted()
    assert listens_only_on_loopback(starting)


def test_a_corrected_query_is_said_as_it_is(visit: Visit) -> None:
    ask(visit.page, "red shiirt")
    expect(visit.page.locator("#status")).to_contain_text("Searched for red shirt instead of “red shiirt”.")
    ask(visit.page, "<b>red</b> shiirt")
    expect(visit.page.locator("#status")).to_contain_text("instead of “<b>red</b> shiirt”")


def test_an_image_finds_products_that_look_like_it_and_words_narrow_them(visit: Visit, tmp_path: Path) -> None:
    page, file = visit.page, tmp_path / "red.png"
    file.write_bytes(image_bytes("red"))
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("#results .caption-label").first).to_contain_text("1. red")
    expect(page.locator("#status")).to_contain_text("Predicted categories: mug >99%")
    ask(page, "shoe")
    expect(page.locator("#results .caption-label").first).to_contain_text("1. red shoe")


def test_examples_are_searched_and_everything_can_be_cleared(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="red checked mug").click()
    expect(page.locator("#results .caption-label").first).to_contain_text("1. red mug")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("textbox", name="Words")).to_have_value("")
    expect(page.locator("#results")).to_have_count(0)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#status .problem")).to_contain_text("Type some words, or choose an image.")


def test_a_junk_query_is_searched_on_request(visit: Visit) -> None:
    page = visit.page
    ask(page, "xqzt wvkk pfgh")
    expect(page.locator("#status .problem")).to_contain_text("Nothing here matches these words")
    expect(page.locator("#results")).to_have_count(0)
    page.get_by_role("button", name="Search anyway").click()
    expect(page.locator("#results .caption-label")).to_have_count(12)


def test_a_broken_image_is_a_message(visit: Visit, tmp_path: Path) -> None:
    file = tmp_path / "broken.png"
    file.write_bytes(b"no image")
    visit.page.locator("input[type=file]").set_input_files(file)
    expect(visit.page.locator("#status .problem")).to_contain_text("The image cannot be read")


def test_a_gateway_that_is_away_is_a_message_until_it_is_back(
    starting: App, chromium: Browser, loaded_gateway: ShopGateway
) -> None:
    with visiting(chromium, wait_until_it_answers(starting)) as visit:
        ask(visit.page, "red mug")
        expect(visit.page.locator("#status .problem")).to_contain_text("The gateway cannot be reached")
        assert "Traceback" not in visit.page.content() + starting.log.read_text()
        with loaded_gateway.running():
            ask(visit.page, "red mug")
            expect(visit.page.locator("#results .caption-label").first).to_contain_text("1. red mug")


def test_large_uploads_are_refused(starting: App) -> None:
    wait_until_it_answers(starting)
    sent = httpx.post(
        f"{starting.url}/gradio_api/upload", files={"files": ("a.png", b"x" * (10 * 2**20 + 1))}, timeout=HANG_SECONDS
    )
    assert sent.status_code == 413


def test_only_what_was_uploaded_is_sent_on(starting: App, answering_gateway: ShopGateway, tmp_path: Path) -> None:
    api = wait_until_it_answers(starting).url + "/gradio_api"
    handlers = httpx.get(f"{starting.url}/config", timeout=HANG_SECONDS).json()["dependencies"]
    function = next(handler["id"] for handler in handlers if handler["api_name"] == "ask")

    def succeeds(path: str) -> bool:
        upload = {"path": path, "meta": {"_type": "gradio.FileData"}}
        session = Path(path).parent.name
        httpx.post(
            f"{api}/queue/join",
            json={"data": ["", upload, 0.5], "fn_index": function, "session_hash": session},
            timeout=HANG_SECONDS,
        )
        with httpx.stream("GET", f"{api}/queue/data?session_hash={session}", timeout=HANG_SECONDS) as events:
            event = next(line for line in events.iter_lines() if "process_completed" in line)
        return json.loads(event.removeprefix("data: "))["success"]

    (tmp_path / "red.png").write_bytes(image_bytes("red"))
    (uploaded,) = httpx.post(
        f"{api}/upload", files={"files": ("red.png", image_bytes("red"))}, timeout=HANG_SECONDS
    ).json()
    assert succeeds(uploaded)
    assert not succeeds(str(tmp_path / "red.png"))


def test_a_hosted_copy_needs_its_two_files_and_three_packages() -> None:
    for name in ("gradio_app", "gateway_client"):
        tree = ast.parse((ROOT / "apps" / f"{name}.py").read_text(encoding="utf-8"))
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        others = {module.split(".")[0] for module in imported} - sys.stdlib_module_names
        assert others <= {"gateway_client", "gradio", "httpx", "PIL"}
