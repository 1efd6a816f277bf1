"""`dvc.yaml` in a clone of the repository, with a small sample and a short run."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipelines.tiny_runs.conftest import RESOLVERS, Clone, Step

STAGES = ("prepare", "run", "benchmark")


def stages_run(printed: str) -> set[str]:
    return {stage for stage in STAGES if f"Running stage '{stage}'" in printed}


@pytest.fixture(scope="module")
def reproduced(clone: Clone, repaired: Step) -> Clone:
    """The clone after one `dvc repro`: the stage `run` takes its nodes from the cache of the earlier runs."""
    assert repaired.returncode == 0
    assert stages_run(clone.ran("dvc", "repro")) == {"run", "benchmark"}  # `prepare` made the data of those runs
    states = json.loads((clone.output / "report.json").read_text(encoding="utf-8"))["states"]
    assert {state for node, state in states.items() if node not in RESOLVERS} == {"cached"}
    clone.ran("git", "add", ".")
    clone.ran("git", "commit", "-qm", "A run")
    clone.ran("dvc", "push", "-q")
    return clone


def test_what_has_not_changed_does_not_run_again(reproduced: Clone) -> None:
    printed = reproduced.ran("dvc", "repro")
    assert stages_run(printed) == set()
    assert "Data and pipelines are up to date." in printed


def test_metrics_and_plots_are_those_of_the_report(reproduced: Clone) -> None:
    shown = json.loads(reproduced.ran("dvc", "metrics", "show", "--json"))[""]["data"]
    report = json.loads((reproduced.output / "report.json").read_text(encoding="utf-8"))
    metrics = shown["runs/sample/metrics.json"]["data"]
    assert metrics["search_model_ndcg@10"] == report["ranking"]["search_model"]["ndcg@10"]["value"]
    assert shown["runs/sample/benchmark/metrics.json"]["data"]["ndcg@10"]["BM25"] == metrics["bm25_ndcg@10"]
    reproduced.ran("dvc", "plots", "show", "-o", "plots")
    assert "nDCG@10 of the judged pools" in (reproduced.folder / "plots" / "index.html").read_text(encoding="utf-8")


def test_another_clone_gets_data_and_models_from_the_remote(reproduced: Clone) -> None:
    folder, other = reproduced.folder, Clone(reproduced.folder.parent / "other")
    reproduced.ran("git", "clone", "-q", str(folder), str(other.folder))
    other.ran("dvc", "remote", "modify", "--local", "local", "url", str(folder.parent / "remote"))
    other.ran("dvc", "pull", "-q")
    for name in ("data/sample", "runs/sample/serving", "runs/sample/benchmark/benchmark.md"):
        expected, actual = folder / name, other.folder / name
        files = [path.relative_to(expected) for path in expected.rglob("*") if path.is_file()] or [Path()]
        assert all((actual / path).read_bytes() == (expected / path).read_bytes() for path in files), name
    assert "Data and pipelines are up to date." in other.ran("dvc", "status")
    shutil.rmtree(other.output / "benchmark")
    folder.rename(folder.with_name("away"))  # so that nothing can be taken from there
    try:
        other.ran("vitrine", "benchmark", "--config", "configs/sample.yaml")
    finally:
        folder.with_name("away").rename(folder)
    actual, expected = (clone.output / "benchmark" / "metrics.json" for clone in (other, reproduced))
    before, after = (json.loads(path.read_text(encoding="utf-8"))["ndcg@10"] for path in (expected, actual))
    assert after == pytest.approx(before, abs=1e-6)


def test_an_experiment_runs_what_its_parameter_is_for(reproduced: Clone) -> None:
    printed = reproduced.ran("dvc", "exp", "run", "-S", "benchmark.candidates=5")
    assert stages_run(printed) == {"benchmark"}
    changed = json.loads(reproduced.ran("dvc", "params", "diff", "--json"))["params.yaml"]
    assert {name: (values["old"], values["new"]) for name, values in changed.items()} == {
        "benchmark.candidates": (100, 5)
    }
