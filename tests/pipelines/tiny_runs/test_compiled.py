"""The pipeline of the local run, compiled and run node by node as on Kubeflow and Vertex: both give the same model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
import yaml

from tests.pipelines.spec_runner import SpecRunner
from tests.pipelines.tiny_runs.conftest import Clone, Step
from vitrine.data import columns
from vitrine.data.contract.files import read_catalogue, write_catalogue
from vitrine.data.formats.arrow import as_matrix
from vitrine.embeddings.encoding import ORIGIN
from vitrine.embeddings.table import EmbeddingTable

PUSHED = ("esci_classifier", "index", "product_search")
CLOSE = 1e-5
"""Threads add float32 numbers in any order: two runs differ in the eighth digit, and more after a training."""


def leaves(value: Any, path: str = "") -> tuple[dict[str, float], dict[str, Any]]:
    """Return the floats in `value`, which is JSON, by their path, and the other leaves by theirs."""
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


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the compiled pipelines' artifacts."""
    return tmp_path_factory.mktemp("compiled") / "root"


@pytest.fixture(scope="module")
def compiled(vitrine, clone: Clone, tiny_config: Path, root: Path) -> SpecRunner:
    """The same pipeline, compiled and run to its end."""
    spec = root.parent / "pipeline.json"
    platform = ("--set", "platform.image=example/vitrine:1", "--set", f"platform.root={root}")
    done = vitrine(
        "compile", "--runner", "vertex", "--config", tiny_config, "--output", spec, *platform, *clone.settings
    )
    assert done.returncode == 0, done.stderr
    job = json.loads(spec.read_text(encoding="utf-8"))
    given = job["runtimeConfig"]["parameterValues"]
    run = SpecRunner(job["pipelineSpec"], root, given, driver=True, forked=True)
    run.run()
    return run


@pytest.fixture(scope="module")
def refreshed(vitrine, compiled: SpecRunner, clone: Clone, tiny_config: Path, root: Path) -> SpecRunner:
    """The catalogue run, compiled and run as on Kubeflow, with a product less."""
    data, spec = root.parent / "data", root.parent / "refresh.yaml"
    write_catalogue(data, read_catalogue(clone.folder / "data" / "sample").slice(1))
    platform = ("--set", "platform.image=example/vitrine:1", "--set", f"platform.root={root}")
    options = ("--pipeline", "refresh", "--config", tiny_config, "--set", f"data.dir={data}", "--output", spec)
    done = vitrine("compile", "--runner", "kubeflow", *options, *platform, *clone.settings)
    assert done.returncode == 0, done.stderr
    run = SpecRunner(
        yaml.safe_load(spec.read_text()), root.parent / "refresh", {"data-dir": str(data)}, driver=False, forked=True
    )
    run.run()
    return run


def test_a_compiled_pipeline_has_the_metrics_of_a_local_run(pushed: Step, compiled: SpecRunner, clone: Clone) -> None:
    assert pushed.returncode == 0
    evaluations = (clone.output / "artifacts" / "RetrievalEvaluator" / "evaluation").iterdir()
    local = max(evaluations, key=lambda folder: int(folder.name)) / "metrics.json"  # the refused run has one, too
    measured = compiled.path("RetrievalEvaluator", "evaluation") / "metrics.json"
    numbers, others = leaves(json.loads(measured.read_text()))
    local_numbers, local_others = leaves(json.loads(local.read_text()))
    assert numbers == pytest.approx(local_numbers, rel=CLOSE, abs=CLOSE)
    assert others == local_others


def test_a_compiled_pipeline_makes_the_same_vectors(pushed: Step, compiled: SpecRunner, clone: Clone) -> None:
    for name, identifier in (("query_embeddings", columns.QUERY_ID), ("product_embeddings", columns.PRODUCT_ID)):
        (local,) = (clone.output / "artifacts" / "EmbeddingGen" / name).iterdir()
        ours, theirs = (
            EmbeddingTable.open(path).with_vectors().sort_by(identifier)  # Beam may read the splits in any order
            for path in (compiled.path("EmbeddingGen", name), local)
        )
        assert ours.schema == theirs.schema
        for column in set(ours.column_names) - set(ORIGIN.values()):
            if pyarrow.types.is_fixed_size_list(ours.schema.field(column).type):
                np.testing.assert_allclose(as_matrix(ours[column]), as_matrix(theirs[column]), rtol=0, atol=CLOSE)
            else:
                assert ours[column].equals(theirs[column])
        described = compiled.artifacts["EmbeddingGen"][name]["metadata"]
        assert (described["dimension"], described["count"]) == (384, ours.num_rows)


def test_a_compiled_pipeline_pushes_a_version_with_the_same_answers(
    vitrine_here, pushed: Step, compiled: SpecRunner, clone: Clone
) -> None:
    serving = compiled.root / "serving"
    (version,) = {path.name for path in serving.glob("*/*")}
    assert sorted(path.relative_to(serving).as_posix() for path in serving.glob("*/*")) == [
        f"{name}/{version}" for name in PUSHED
    ]
    answers = [
        vitrine_here("search", "red mug", "--serving", folder, "-k", 5, "--json")
        for folder in (serving, clone.output / "serving")
    ]
    assert [done.returncode for done in answers] == [0, 0]
    ours, theirs = (leaves(json.loads(done.stdout)) for done in answers)
    assert ours[1] == theirs[1]
    assert ours[0] == pytest.approx(theirs[0], rel=CLOSE, abs=CLOSE)


def test_the_blessing_names_its_classifier(compiled: SpecRunner) -> None:
    """Vertex resolves the baseline from the latest blessing of any node."""
    blessing = compiled.artifacts["RetrievalEvaluator"]["blessing"]["metadata"]
    assert (blessing["blessed"], blessing["current_model_id"]) == (1, compiled.artifacts["Trainer"]["model"]["name"])


def test_a_compiled_catalogue_run_takes_the_models_of_the_compiled_run(
    compiled: SpecRunner, refreshed: SpecRunner
) -> None:
    for name, (node, output) in {"encoder": ("ClipTrainer", "model"), "classifier": ("Trainer", "model")}.items():
        assert refreshed.path("BlessedRun", name) == compiled.path(node, output)
    before, after = (
        EmbeddingTable.open(run.path("EmbeddingGen", "product_embeddings")) for run in (compiled, refreshed)
    )
    assert after.rows.table.num_rows == before.rows.table.num_rows - 1
    serving = compiled.root / "serving"
    pushed = [{path.name for path in (serving / name).iterdir()} for name in PUSHED]
    assert pushed[0] == pushed[1] == pushed[2]
    assert len(pushed[0]) == 2
    note = json.loads((compiled.root / "blessed" / "tiny.json").read_text(encoding="utf-8"))["artifacts"]
    assert note["classifier"]["uri"] == str(compiled.path("Trainer", "model"))
    assert note["served_catalogue"]["uri"] == str(refreshed.path("CatalogueExampleGen", "examples"))
    evaluation = json.loads((refreshed.path("RetrievalEvaluator", "evaluation") / "metrics.json").read_text())
    served = evaluation["retrieval"]["served"]
    assert served["version"] == compiled.artifacts["SearchModelGen"]["model"]["metadata"]["version"]
    assert served["products"] == after.rows.table.num_rows
