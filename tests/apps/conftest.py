"""The apps as users start them, with a real gateway over the shop and a real browser; and a run to show."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.in_thread import in_thread
from tests.ports import free_port
from tests.vitrine.benchmark.conftest import world  # noqa: F401
from tests.vitrine.gateway.conftest import pushed  # noqa: F401
from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run")  # fmt: skip
expect.set_options(timeout=HANG_SECONDS * 1000)


@dataclass
class ShopGateway:
    """A real gateway that can be stopped and started: its address is known before its models are loaded."""

    port: int = field(default_factory=free_port)
    make: Callable[[], Any] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        assert self.make is not None
        with in_thread(self.make(), self.port):
            wait_for(lambda: httpx.get(f"{self.url}/ready", timeout=HANG_SECONDS).json()["status"] == "ok")
            yield


def wait_for(condition: Callable[[], bool], what: Callable[[], str] = lambda: "") -> None:
    deadline = time.monotonic() + HANG_SECONDS
    while True:
        try:
            if condition():
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, what()
        time.sleep(0.1)


@pytest.fixture(scope="session")
def shop_gateway() -> ShopGateway:
    """A gateway that does not answer yet: a test uses `answering_gateway`, or starts it."""
    return ShopGateway()


@pytest.fixture(scope="session")
def loaded_gateway(
    shop_gateway: ShopGateway,
    pushed: Path,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ShopGateway]:
    """The gateway with its models loaded, as two catalogues over the shop: with a category head and without one."""
    from tests.vitrine.gateway.category_head import push_with_head
    from vitrine.gateway.server import gateway_app, local_servables
    from vitrine.gateway.settings import GatewaySettings

    headed = push_with_head(pushed, tmp_path_factory.mktemp("headed"))
    catalogues = {"shop": {"serving": headed}, "outlet": {"serving": pushed}}
    settings = GatewaySettings.model_validate({"catalogues": catalogues, "default": "shop", "poll_seconds": 0.05})
    with local_servables(settings) as servables:
        shop_gateway.make = lambda: gateway_app(settings, servables)
        yield shop_gateway


@pytest.fixture
def answering_gateway(loaded_gateway: ShopGateway) -> Iterator[ShopGateway]:
    """The gateway, which answers while the test runs."""
    with loaded_gateway.running():
        yield loaded_gateway


class Elsewhere:
    """A proxy that a process has to contact to reach any other machine; no app should."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        self.environment = {name: proxy for upper in names for name in (upper, upper.lower())}
        self.environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")

    def was_contacted(self) -> bool:
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._listener.close()


@dataclass(frozen=True)
class App:
    """A started app."""

    port: int
    elsewhere: Elsewhere
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def started(command: list[str], environment: dict[str, str], port: int, log: Path) -> Iterator[App]:
    """Start an app's process, without waiting until it answers."""
    elsewhere = Elsewhere()
    unwanted = ("GRADIO_", "STREAMLIT_", "VITRINE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=inherited | elsewhere.environment | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield App(port, elsewhere, log)
        finally:
            process.terminate()
            process.wait(HANG_SECONDS)
            elsewhere.close()


def wait_until_it_answers(app: App) -> App:
    wait_for(
        lambda: httpx.get(app.url, timeout=HANG_SECONDS).status_code == 200, lambda: app.log.read_text(errors="replace")
    )
    return app


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser. It is opened per module, because Playwright's event loop disturbs other tests."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page of an app, and every address that it requested."""

    page: Page
    requested: list[str] = field(default_factory=list)

    def requested_elsewhere(self, app: App) -> list[str]:
        own_urls = (app.url, app.url.replace("http", "ws", 1), "data:", "blob:")
        return [url for url in self.requested if not url.startswith(own_urls)]


@contextmanager
def visiting(browser: Browser, app: App) -> Iterator[Visit]:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        context.set_default_timeout(HANG_SECONDS * 1000)
        visit = Visit(context.new_page())
        context.on("request", lambda request: visit.requested.append(request.url))
        visit.page.on("websocket", lambda websocket: visit.requested.append(websocket.url))
        visit.page.goto(app.url)
        yield visit


def listens_only_on_loopback(app: App) -> bool:
    """Return whether the port is closed at this machine's other addresses, such as 127.0.0.2."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.2", app.port)) != 0


@pytest.fixture(scope="session")
def report() -> dict[str, Any]:
    """A report as a run writes it, of four labels and four rankings."""
    from vitrine.metrics.bootstrap import estimate
    from vitrine.metrics.classification import classification_of

    confusion = np.array([[70, 10, 10, 10], [5, 80, 10, 5], [2, 8, 60, 30], [1, 2, 7, 90]])
    metrics = ("ndcg@10", "ndcg", "mrr", "recall@10", "precision@10")
    means = {"random": 0.375, "bm25": 0.5, "similarity": 0.625, "search_model": 0.875}
    return {
        "name": "shop",
        "status": "pushed",
        "error": None,
        "refused": [],
        "counts": {"products": 20, "products_with_image": 15, "queries": {"train": 40, "eval": 10}},
        "floors": {"majority_accuracy": 0.25, "majority_macro_f1": 0.1, "random_ndcg@10": 0.375},
        "classifier": classification_of(confusion).to_dict(),
        "ranking": {
            name: {metric: estimate(np.full(4, mean)).to_dict() for metric in metrics} for name, mean in means.items()
        },
        "seconds": {"Trainer": 12.5},
        "states": {"Trainer": "done"},
        "peak_mib": {"Trainer": 512},
    }


@pytest.fixture(scope="session")
def benchmark(world: Any) -> dict[str, Any]:  # noqa: F811
    """A benchmark's figures, as they are measured."""
    from vitrine.benchmark.measure import ranking_figures
    from vitrine.benchmark.scoring import ScoredRanking
    from vitrine.benchmark.slices import query_slices

    split = world.held_out
    scored = {"perfect": ScoredRanking(split.label.astype(float)), "reverse": ScoredRanking(-split.label.astype(float))}
    return {"rankings": ranking_figures(split, scored, query_slices(split, world.products))}


@pytest.fixture
def runs(tmp_path: Path, report: dict[str, Any]) -> Path:
    """A folder with a complete run, a run with a truncated report, and other files."""
    folder = tmp_path / "runs"
    for model in ("index", "product_search"):
        for version in ("1", "1795272312"):
            (folder / "good" / "serving" / model / version).mkdir(parents=True)
    (folder / "good" / "serving" / "esci_classifier" / "1").mkdir(parents=True)
    (folder / "good" / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (folder / "cut").mkdir()
    (folder / "cut" / "report.json").write_text(json.dumps(report)[:100], encoding="utf-8")
    (folder / "notes").mkdir()
    (folder / "readme.txt").write_text("no run", encoding="utf-8")
    os.utime(folder / "cut", (1, 1))
    return folder
