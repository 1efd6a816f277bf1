"""Runs of little data.

One is killed in the middle, taken up again and refused, then let through. The other is compiled, and run node by node
as Kubeflow and Vertex do. They end with the same model.
"""

import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from tests.conftest import PROGRAM, ROOT, environment, log_end
from tests.pipelines.spec_runner import SpecRunner
from tests.waiting import HANG_SECONDS
from vitrine.data.arrow import as_matrix

BEFORE_THE_KILL = ("CatalogueExampleGen", "JudgementStatisticsGen", "AnomalyGate", "ClipTrainer")
CLOSE = 1e-5
"""Threads add up float32 numbers in any order: two runs differ in the eighth digit, and in more after a training."""

PUSHED = ("esci_classifier", "index", "product_search")
PUSHERS = ("Pusher-esci-classifier", "Pusher-index", "Pusher-product-search")


@dataclass(frozen=True)
class Step:
    """What one process left: its output, its report (None if it wrote none), and the versions under `serving`."""

    returncode: int
    printed: str
    errors: str
    report: dict[str, Any] | None
    text: str
    serving: list[str]


def leaves(value: Any, path: str = "") -> tuple[dict[str, float], dict[str, Any]]:
    """The numbers with a fraction in `value`, which is JSON, by their path; and the other leaves by theirs."""
    if isinstance(value, float):
        return {path: value}, {}
    if not isinstance(value, dict | list):
        return {}, {path: value}
    numbers: dict[str, float] = {}
    others: dict[str, Any] = {path: len(value)}
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        for known, more in zip((numbers, others), leaves(inner, f"{path}/{name}"), strict=True):
            known.update(more)
    return numbers, others


def step(output: Path, returncode: int, printed: str, errors: str = "") -> Step:
    report = output / "report.json"
    text = output / "report.md"
    return Step(
        returncode,
        printed,
        errors,
        json.loads(report.read_text(encoding="utf-8")) if report.exists() else None,
        text.read_text(encoding="utf-8") if text.exists() else "",
        sorted(path.relative_to(output / "serving").as_posix() for path in (output / "serving").glob("*/*")),
    )


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resuming") / "run"


@pytest.fixture(scope="module")
def killed(tiny_config: Path, output: Path) -> Step:
    """A run that is killed while EmbeddingGen works."""
    command = [*PROGRAM, "run", "--config", str(tiny_config), "--output", str(output), "--set",
               "retrieval.above_random=1.5"]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seen = ""
    assert process.stdout is not None
    for line in process.stdout:
        seen += line
        if "✓ ClipTrainer" in line:
            process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return step(output, process.wait(timeout=HANG_SECONDS), seen)


@pytest.fixture(scope="module")
def refused(vitrine, killed: Step, tiny_config: Path, output: Path) -> Step:
    """The same command again, with a threshold that nothing reaches."""
    done = vitrine("run", "--config", tiny_config, "--output", output, "--set", "retrieval.above_random=1.5")
    assert done.returncode in (0, 4), f"{done.stderr}\n{log_end(output)}"
    return step(output, done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def pushed(vitrine, refused: Step, tiny_config: Path, output: Path) -> Step:
    """Once more, with the threshold of the configuration."""
    done = vitrine("run", "--config", tiny_config, "--output", output)
    assert done.returncode == 0, f"{done.stderr}\n{log_end(output)}"
    return step(output, done.returncode, done.stdout, done.stderr)


def test_a_killed_run_leaves_no_version_and_no_report(killed: Step) -> None:
    assert killed.returncode == -signal.SIGKILL
    assert "✓ EmbeddingGen" not in killed.printed
    assert (killed.serving, killed.report) == ([], None)


def test_a_run_goes_on_where_it_was_killed(refused: Step) -> None:
    assert refused.report is not None
    states = refused.report["states"]
    assert {states[node] for node in BEFORE_THE_KILL} == {"cached"}
    assert {states[node] for node in ("EmbeddingGen", "Transform", "Trainer", "RetrievalEvaluator")} == {"done"}
    lines = {line.split()[1]: line.split()[2:] for line in refused.printed.splitlines() if line.startswith("  ✓")}
    assert lines["ClipTrainer"] == ["cached"]


def test_a_refused_model_pushes_nothing_and_says_why(refused: Step) -> None:
    assert refused.returncode == 4
    assert refused.serving == []
    assert refused.report is not None
    assert (refused.report["status"], refused.report["pushed"]) == ("refused", {})
    (reason,) = refused.report["refused"]
    assert reason.startswith("nDCG@10 ")
    assert reason.endswith(" that random order and its margin ask for")
    first, listed, last = refused.errors.strip().splitlines()
    assert first == "error: the model was refused, and nothing was pushed:"
    assert listed == f"  - {reason}"
    assert last.endswith("/report.md")
    assert f"- refused: {reason}" in refused.text


def test_a_changed_threshold_measures_again_and_trains_nothing(pushed: Step) -> None:
    assert pushed.report is not None
    done = {node for node, state in pushed.report["states"].items() if state == "done"}
    assert done - {"LatestBlessedModel"} == {"RetrievalEvaluator", *PUSHERS}
    assert pushed.report["status"] == "pushed"


def test_all_that_belongs_together_is_pushed_under_one_version(pushed: Step, output: Path) -> None:
    (version,) = {path.split("/")[1] for path in pushed.serving}
    assert pushed.serving == [f"{name}/{version}" for name in PUSHED]
    assert version.isdecimal()
    assert pushed.report is not None
    assert pushed.report["pushed"] == {name: str(output / "serving" / name / version) for name in PUSHED}
    for name in ("esci_classifier", "product_search"):
        assert (output / "serving" / name / version / "saved_model.pb").is_file()
    assert {path.name for path in (output / "serving" / "index" / version).iterdir()} >= {
        "index.faiss",
        "index.json",
        "vectors.parquet",
    }


def test_what_was_pushed_answers(vitrine, pushed: Step, output: Path) -> None:
    done = vitrine("search", "red mug", "--serving", output / "serving", "-k", 3, "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)) == 3


@pytest.fixture(scope="module")
def compiled(vitrine, tiny_config: Path, tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SpecRunner:
    """The same pipeline, compiled and run to its end."""
    folder = tmp_path_factory.mktemp("compiled")
    spec = folder / "pipeline.json"
    done = vitrine("compile", "--runner", "vertex", "--config", tiny_config, "--output", spec, "--set",
                   "platform.image=example/vitrine:1", "--set", f"platform.root={folder / 'root'}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    job = json.loads(spec.read_text(encoding="utf-8"))
    given = job["runtimeConfig"]["parameterValues"]
    run = SpecRunner(job["pipelineSpec"], folder / "root", given, driver=True, forked=True)
    run.run()
    return run


def test_a_compiled_pipeline_measures_what_a_local_run_measures(
    pushed: Step, compiled: SpecRunner, output: Path
) -> None:
    assert pushed.returncode == 0
    evaluations = (output / "artifacts" / "RetrievalEvaluator" / "evaluation").iterdir()
    local = max(evaluations, key=lambda folder: int(folder.name)) / "metrics.json"  # the refused run has one, too
    measured = compiled.path("RetrievalEvaluator", "evaluation") / "metrics.json"
    numbers, others = leaves(json.loads(measured.read_text()))
    local_numbers, local_others = leaves(json.loads(local.read_text()))
    assert numbers == pytest.approx(local_numbers, rel=CLOSE, abs=CLOSE)
    assert others == local_others


def test_a_compiled_pipeline_makes_the_same_vectors(pushed: Step, compiled: SpecRunner, output: Path) -> None:
    for name in ("query_embeddings", "product_embeddings"):
        (local,) = (output / "artifacts" / "EmbeddingGen" / name).iterdir()
        ours, theirs = (pyarrow.parquet.read_table(path) for path in (compiled.path("EmbeddingGen", name), local))
        assert ours.schema == theirs.schema
        for column in ours.column_names:
            if pyarrow.types.is_fixed_size_list(ours.schema.field(column).type):
                np.testing.assert_allclose(as_matrix(ours[column]), as_matrix(theirs[column]), rtol=0, atol=CLOSE)
            else:
                assert ours[column].equals(theirs[column])
        described = compiled.artifacts["EmbeddingGen"][name]["metadata"]
        assert (described["dimension"], described["count"]) == (384, ours.num_rows)


def test_a_compiled_pipeline_pushes_a_version_that_answers_alike(
    vitrine, pushed: Step, compiled: SpecRunner, output: Path
) -> None:
    serving = compiled.root / "serving"
    (version,) = {path.name for path in serving.glob("*/*")}
    assert sorted(path.relative_to(serving).as_posix() for path in serving.glob("*/*")) == [
        f"{name}/{version}" for name in PUSHED
    ]
    found = [
        vitrine("search", "red mug", "--serving", folder, "-k", 5, "--json") for folder in (serving, output / "serving")
    ]
    assert [done.returncode for done in found] == [0, 0]
    ours, theirs = (leaves(json.loads(done.stdout)) for done in found)
    assert ours[1] == theirs[1]
    assert ours[0] == pytest.approx(theirs[0], rel=CLOSE, abs=CLOSE)


def test_the_blessing_says_of_which_classifier_it_is(compiled: SpecRunner) -> None:
    """Vertex looks for the baseline by the latest blessing that there is."""
    blessing = compiled.artifacts["RetrievalEvaluator"]["blessing"]["metadata"]
    assert (blessing["blessed"], blessing["current_model_id"]) == (1, compiled.artifacts["Trainer"]["model"]["name"])


def test_a_version_deleted_by_hand_is_pushed_again(vitrine, pushed: Step, tiny_config: Path, output: Path) -> None:
    (deleted,) = (output / "serving" / "index").iterdir()
    shutil.rmtree(deleted)
    done = vitrine("run", "--config", tiny_config, "--output", output)
    assert done.returncode == 0, f"{done.stderr}\n{log_end(output)}"
    again = step(output, done.returncode, done.stdout, done.stderr)
    assert again.report is not None
    done_nodes = {node for node, state in again.report["states"].items() if state == "done"}
    assert done_nodes - {"LatestBlessedModel"} == {"Pusher-index"}
    assert again.serving == pushed.serving
    assert (deleted / "index.faiss").is_file()
