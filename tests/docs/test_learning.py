"""The commands of docs/LEARNING.md, run in their order on a small shop whose words only judgements connect."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROGRAM, ROOT, environment
from tests.docs.learning_shop import write_encoder, write_export

PAGE = (ROOT / "docs" / "LEARNING.md").read_text(encoding="utf-8")
SMALL: dict[str, Any] = {
    "trainer": {"epochs": 2, "query_only_baseline": False, "tracking": {"enabled": False}},
    "evaluator": {"above_majority": -1, "tolerance": 1},
    "retrieval": {"above_random": -1, "above_similarity": -1, "above_bm25": -1, "tolerance": 1},
}
"""Quick training, and thresholds that any model passes."""
TUNING = ("epochs=3", "batch_size=16", "learning_rate=0.01", "train_words=true")
"""Settings for an encoder with random weights, which has everything to learn."""


Walk = tuple[Path, list[tuple[str, str, Any]]]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, whose working directory is `folder`."""
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=900, check=False
    )


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The working directory, and each command with its output and with what `report.json` says after it."""
    folder = tmp_path_factory.mktemp("learning")
    write_export(folder / "export")
    write_encoder(folder / "models" / "minilm")
    (config,) = blocks("yaml")
    (folder / "configs").mkdir()
    (folder / "configs" / "shop.yaml").write_text(yaml.safe_dump(yaml.safe_load(config) | SMALL))
    steps, report = [], folder / "runs" / "shop" / "report.json"
    for line in "".join(blocks("sh")).splitlines():
        _, *arguments = shlex.split(line)
        if "encoder.training.mode=judgements" in arguments:
            arguments += [part for setting in TUNING for part in ("--set", f"encoder.training.{setting}")]
        done = run_in(folder, *arguments)
        assert done.returncode == 0, (line, done.stderr)
        steps.append((line, done.stdout, json.loads(report.read_text()) if report.exists() else None))
    return folder, steps


def test_the_walk_goes_from_a_checkpoint_to_a_better_encoder(walk: Walk) -> None:
    _, steps = walk
    commands = [line.split()[1] for line, _, _ in steps]
    assert commands == ["encoder", "prepare", "run", "report", "run", "report", "benchmark", "runs"]
    (_, inspected, _), *_, (_, compared, _), (_, runs, _) = steps
    assert "family           bert" in inspected
    reports = [report for _, _, report in steps]
    assert "tuning" not in reports[2]["encoder"]
    tuned = reports[4]["encoder"]["tuning"]
    assert tuned["goes_on"] == "tuned"
    assert tuned["difference"]["low"] > 0
    assert {reports[4]["states"][node] for node in ("AnomalyGate", "CatalogueSchema")} == {"cached"}
    assert "served" in reports[4]["retrieval"]
    assert runs.count("runs/shop") == 2
    (difference,) = re.findall(r"^\| difference +\| \+(0\.\d+) \[\+0\.\d+,", compared, re.MULTILINE)[:1]
    assert float(difference) > 0.2


def test_the_report_says_how_to_compare_and_then_has_the_table(walk: Walk) -> None:
    folder, steps = walk
    told = [output for line, output, _ in steps if line.startswith("vitrine report")][-1]
    assert "Encoder, tuned" in told
    assert "--encoders SOURCE,run" in told
    assert "### Query → product" in run_in(folder, "report", "--run", "runs/shop").stdout


def test_a_source_that_does_not_exist_is_one_line(walk: Walk) -> None:
    folder, _ = walk
    arguments = ("benchmark", "--config", "configs/shop.yaml", "--encoders")
    for sources, message in (
        ("models/none,run", "--encoders: 'models/none' is not a directory, 'hub:ORG/NAME', or 'package:NAME'"),
        ("run,run", "--encoders: 'run' is named twice"),
        ("run,", "--encoders: a name is empty"),
    ):
        done = run_in(folder, *arguments, sources)
        assert done.returncode == 2
        assert message in done.stderr
