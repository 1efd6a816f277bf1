import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.loop.journal import Cycle, Seen
from pipelines.loop.notices import write_metrics
from tests.deploy.conftest import Container, exported
from tests.deploy.dockerfile import ROOT
from tests.vitrine.monitoring.simulated_log import Traffic, write_log
from tests.waiting import HANG_SECONDS
from vitrine.monitoring.gauges import write_gauges
from vitrine.monitoring.monitor import Sources, monitor
from vitrine.serving.monitoring import PATH

FOLDER = ROOT / "deploy" / "monitoring"
DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "vitrine.json").read_text())
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
EXPRESSIONS += [rule["expr"] for rule in RULES]
OF_PROMETHEUS = {"job", "instance", "le"}


@pytest.fixture(scope="module")
def metrics(gateway: Container, tf_serving: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The metrics of both servers after one event of each kind, and those of `vitrine monitor` and `vitrine loop`."""
    answer = httpx.post(f"{gateway.url}/predict", json={"query": "red mug"}, timeout=HANG_SECONDS).json()
    clicked = {"request_id": answer["request_id"], "product_id": "red-mug", "kind": "click"}
    assert httpx.post(f"{gateway.url}/feedback", json=clicked, timeout=HANG_SECONDS).status_code == 202
    httpx.post(
        f"{gateway.url}/predict",
        content=b"x" * 3 * 2**20,
        headers={"content-type": "application/json"},
        timeout=HANG_SECONDS,
    )
    pages = [httpx.get(url, timeout=HANG_SECONDS).text for url in (f"{gateway.url}/metrics", tf_serving + PATH)]
    loop = tmp_path_factory.mktemp("loop") / "loop.prom"
    write_metrics(loop, [Cycle(1, "run", "on trial", 100.0, 200.0, 7, Seen(), ())], 260.0)
    return exported("\n".join([*pages, monitored(tmp_path_factory.mktemp("monitored")), loop.read_text()]))


def monitored(folder: Path) -> str:
    window = write_log(folder / "events", Traffic(), 0, 7, 30, seed=0)
    write_gauges(monitor(Sources(folder / "events"), window, window.before()), folder / "monitor.prom")
    return (folder / "monitor.prom").read_text()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_what_is_exported(expression: str, metrics: dict[str, set[str]]) -> None:
    names = re.findall(r"vitrine_\w+|:tensorflow[\w:]+", expression)
    assert names or "up{" in expression
    assert set(names) <= metrics.keys()
    labels = set(re.findall(r"(\w+)[=!]~?\"", expression))
    labels |= {label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")}
    for name in names:
        assert labels - OF_PROMETHEUS <= metrics[name], name


def test_searches_and_pages_have_different_routes(gateway: Container) -> None:
    pattern = re.search(r'route=~"([^"]+)"', " ".join(EXPRESSIONS))[1]
    assert len(set(re.findall(r'route=~"([^"]+)"', " ".join(EXPRESSIONS)))) == 1
    paths = httpx.get(f"{gateway.url}/openapi.json", timeout=HANG_SECONDS).json()["paths"]
    matched = {path for path in paths if re.fullmatch(pattern, path)}
    searching = {"/predict", "/predict-image", "/{catalogue}/search", "/search_ab", "/search_best"}
    assert searching <= matched
    assert not matched & {"/models", "/health", "/ready", "/feedback", "/products/{product_id}"}
    assert not re.fullmatch(pattern, "/search")  # a page


def test_panels_have_their_places() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [cell for panel in panels for cell in covered(panel["gridPos"])]
    assert len(set(cells)) == len(cells)
    assert all(x < 24 for x, _ in cells)


def covered(place: dict[str, int]) -> list[tuple[int, int]]:
    return [(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])]


def test_grafana_finds_the_data_source_that_panels_name() -> None:
    (source,) = yaml.safe_load((FOLDER / "grafana" / "datasources" / "prometheus.yaml").read_text())["datasources"]
    used: list[Any] = [panel["datasource"] for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    assert {(reference["type"], reference["uid"]) for reference in used} == {(source["type"], source["uid"])}


def test_prometheus_scrapes_the_path_that_tf_serving_is_configured_with() -> None:
    monitoring_config = (ROOT / "deploy" / "serving" / "monitoring.config").read_text()
    scraped = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"][1]["metrics_path"]
    assert re.search(r'path: "(.*)"', monitoring_config)[1] == PATH == scraped
    assert "enable: true" in monitoring_config


PROMTOOL = shutil.which("promtool")


@pytest.mark.skipif(PROMTOOL is None, reason="needs promtool, of Debian's package prometheus")
@pytest.mark.parametrize("command", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")])
def test_promtool_accepts_it(command: tuple[str, ...]) -> None:
    *words, name = command
    folder = Path(__file__).parent if name == "alerts.test.yml" else FOLDER
    promtool = [str(PROMTOOL), *words, name]
    done = subprocess.run(promtool, cwd=folder, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
