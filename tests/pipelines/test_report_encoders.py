import json
from pathlib import Path

import pytest

from pipelines.report_encoders import update_report
from pipelines.run_directory import RunDirectory

FIGURE = {"value": 0.5, "low": 0.25, "high": 0.75}
TABLE = {
    "text_fields": ["title"],
    "counts": {"products": 20, "held_out": 4, "head_categories": 0, "tail_categories": 0},
    "encoders": [{"source": "run", "fingerprint": "abc", "encodes_images": False}],
    "tasks": {
        "query_to_product": {
            "candidates": 20,
            "slices": {
                "all": {
                    "queries": 9,
                    "metrics": {metric: {"run": FIGURE} for metric in ("ndcg@10", "recall@10", "recall@100")},
                }
            },
        }
    },
}


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    """The directory of a run that failed after the vectors were made, with a table of encoders."""
    directory = RunDirectory(tmp_path)
    directory.benchmark.mkdir()
    (directory.benchmark / "encoders.json").write_text(json.dumps(TABLE))
    return directory


def write_report(directory: RunDirectory, fingerprint: str) -> None:
    report = {
        "name": "shop",
        "kind": "run",
        "status": "failed",
        "error": "no space left",
        "summary": None,
        "pushed": {},
    }
    report |= {"encoder": {"fingerprint": fingerprint}, "states": {}, "seconds": {}, "peak_mib": {}}
    (directory.output / "report.json").write_text(json.dumps(report))


def test_the_table_comes_into_a_report_that_was_there_before(directory: RunDirectory) -> None:
    write_report(directory, "abc")
    update_report(directory)
    report = json.loads((directory.output / "report.json").read_text())
    assert report["encoder"]["table"] == TABLE
    assert report["error"] == "no space left"
    text = (directory.output / "report.md").read_text()
    assert "It failed: no space left" in text
    assert "### Query → product" in text


def test_a_report_of_another_encoder_does_not_change(directory: RunDirectory) -> None:
    write_report(directory, "another")
    before = (directory.output / "report.json").read_text()
    update_report(directory)
    assert json.loads((directory.output / "report.json").read_text()) == json.loads(before)


def test_a_run_without_a_report_gets_none(directory: RunDirectory) -> None:
    update_report(directory)
    assert not (directory.output / "report.json").exists()
