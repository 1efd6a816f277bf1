import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from prometheus_client.parser import text_string_to_metric_families

from tests.vitrine.monitoring.conftest import Shop
from vitrine.monitoring.output import COLUMNS, GAUGES, JSON, REPORT, monitor_to
from vitrine.monitoring.result import MonitoringResult
from vitrine.monitoring.settings import MonitorSettings

SETTINGS = MonitorSettings(permutations=99)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory, served_shop: Shop) -> Path:
    root = tmp_path_factory.mktemp("monitored")
    earlier = served_shop.search(root / "events", 0, seed=1)
    week = served_shop.search(root / "events", 7, seed=2, foreign=0.5)
    monitor_to(root / "out", served_shop.sources(root / "events"), week, earlier, SETTINGS)
    return root / "out"


def test_the_json_file_is_the_result(output: Path) -> None:
    result = MonitoringResult.model_validate_json((output / JSON).read_bytes())
    assert result.verdict.drifted
    assert result.current.searches == 300


class Elements(HTMLParser):
    """The elements and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_report_loads_nothing_and_names_what_changed(output: Path) -> None:
    text = (output / REPORT).read_text(encoding="utf-8")
    page = Elements()
    page.feed(text)
    assert page.loaded == [COLUMNS]
    assert (output / COLUMNS).is_file()
    assert "script" not in page.names
    assert "Searches have drifted." in text
    for expected in ("zapatos", "unknown words", "query vectors can be told from the earlier ones", "gone"):
        assert expected in text


def test_queries_are_escaped(tmp_path: Path) -> None:
    from tests.vitrine.monitoring.simulated_log import Traffic, write_log
    from vitrine.monitoring.monitor import Sources

    week = write_log(tmp_path / "events", Traffic(queries={"<script>alert(1)</script>": 1.0}), 0, 7, 30, seed=0)
    quiet = MonitorSettings.model_validate({"tracking": {"enabled": False}})
    monitor_to(tmp_path / "out", Sources(tmp_path / "events"), week, week.before(), quiet)
    text = (tmp_path / "out" / REPORT).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not (tmp_path / "out" / COLUMNS).exists()
    assert not (tmp_path / "out" / "mlflow.db").exists()


def test_gauges_are_in_prometheus_format(output: Path) -> None:
    families = list(text_string_to_metric_families((output / GAUGES).read_text(encoding="utf-8")))
    samples = [sample for family in families for sample in family.samples]
    values = {(sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value for sample in samples}
    assert values["vitrine_monitor_drifted",] == 1
    assert values["vitrine_monitor_searches",] == 300
    assert values["vitrine_monitor_alerts", "vectors"] == 1
    assert values["vitrine_monitor_alerts", "latency"] == 0
    assert 0 <= values["vitrine_monitor_ndcg_at_10", "served"] <= 1
    assert values["vitrine_monitor_latency_seconds", "shop", "0.5", "only", "1"] == pytest.approx(0.02, rel=0.1)
    assert all(re.fullmatch(r"vitrine_monitor_[a-z0-9_]+", family.name) for family in families)


def test_a_window_is_a_run_in_mlflow(output: Path) -> None:
    client = MlflowClient(f"sqlite:///{output}/mlflow.db")
    experiment = client.get_experiment_by_name("vitrine-monitor")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.data.metrics["drifted"] == 1
    assert run.data.metrics["searches"] == 300
    assert run.data.metrics["shown_ndcg_at_10"] > 0
    assert run.data.params["alpha"] == "0.01"
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {JSON, REPORT}
