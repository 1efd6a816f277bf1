import json
from pathlib import Path
from typing import Any

import pytest

from run_folder import (
    MISSING_FIGURES,
    UnreadableError,
    best_first,
    confusion,
    floors,
    nodes,
    overview,
    per_class,
    pushed,
    rankings,
    read,
    size,
    slices,
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no report.json in run."),
        ('{"name":', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "is not a report"),
        ("\udcff", "is not JSON"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, text: str | None, message: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    if text is not None:
        (run / "report.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UnreadableError, match=message):
        read(run, "report.json")


def test_the_overview_has_every_run_and_what_is_wrong_with_it(runs: Path) -> None:
    (runs / "early").mkdir()
    (runs / "early" / "report.json").write_text('{"status": "failed"}')
    table = overview([runs / "good", runs / "cut", runs / "early"])
    assert table.loc["good"].to_list() == ["pushed", "0.875", "0.750", "0.749", "1795272312"]
    assert table["status"].to_list() == ["pushed", "no readable report", "failed, not measured"]


def test_figures_stand_beside_their_floors(report: dict[str, Any]) -> None:
    table = floors(report)
    assert table.loc["nDCG@10 of the judged pools"].to_list() == ["0.375 (random order)", "0.875", "+0.500"]
    assert table.loc["accuracy"].to_list() == ["0.250 (majority class)", "0.750", "+0.500"]
    assert size(report) == "20 products, 15 with an image, 40 train queries, 10 eval queries"


def test_tables_of_a_report_have_its_figures(report: dict[str, Any]) -> None:
    assert rankings(report["ranking"]).loc["search model", "ndcg@10"] == "0.875 [0.875, 0.875]"
    assert confusion(report).loc["true S", "predicted E"] == 30
    assert per_class(report).loc["C"].to_list() == ["0.800", "0.800", "0.800", "100"]
    assert nodes(report).loc["Trainer"].to_list() == ["done", "12.5", "512"]


def test_tables_of_a_benchmark_have_its_figures(benchmark: dict[str, Any]) -> None:
    as_written = json.loads(json.dumps(benchmark))
    assert rankings(as_written["rankings"]["pools"]).loc["perfect", "ndcg@10"] == "1.000 [1.000, 1.000]"
    assert list(best_first(as_written["rankings"]["pools"]).index) == ["perfect", "random order", "reverse"]
    assert slices(as_written).loc["perfect", "source about shoe (4)"] == "1.000"


@pytest.mark.parametrize("table", [floors, confusion, per_class, nodes, slices, size])
@pytest.mark.parametrize("broken", [{}, {"classifier": 1, "floors": [], "states": "done", "rankings": None}])
def test_tables_of_another_form_are_not_there(table: Any, broken: dict[str, Any]) -> None:
    with pytest.raises(MISSING_FIGURES):
        table(broken)


def test_versions_have_their_push_times_and_the_catalogues_that_serve_them(runs: Path) -> None:
    (runs / "good" / "serving" / "index" / ".pushing-3").mkdir()
    catalogues = [{"name": "shop", "version": 1}, {"name": "outlet", "version": 1}]
    table = pushed(runs / "good", catalogues)
    assert table.loc["1795272312"].to_list() == ["2026-11-21 14:45 UTC", "index, product_search", ""]
    assert table.loc["1"].to_list() == ["", "esci_classifier, index, product_search", "shop, outlet"]
    assert pushed(runs / "cut", catalogues).empty
