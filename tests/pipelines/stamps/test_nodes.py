import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.components.base.base_component import BaseComponent

from components import trainer
from pipelines.pipeline import create_pipeline
from pipelines.settings import load_run_settings
from pipelines.stamps import CODE, MODULES
from pipelines.stamps.code import Code
from pipelines.stamps.nodes import entry_points, stamp
from tests.pipelines.stamps.stamp_copy import OUTSIDE
from vitrine.data.contract.splits import is_validation
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.parallel_reading import read_images
from vitrine.metrics.classification import classification_of

ROOT = Path(__file__).parents[3]
NODES = create_pipeline(load_run_settings(ROOT / "configs" / "sample.yaml"), "root", "serving").components
EXECUTED = [node.id for node in NODES if isinstance(node, BaseComponent)]
"""Every node but the resolver, which is never cached."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of `stamp_copy` for a copy of the code."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("cli", "components", "configs", "feature_repo", "modules", "pipelines", "vitrine"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    program = Path(__file__).with_name("stamp_copy.py")
    command = [sys.executable, str(program), str(copy)]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(command, env=environment, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    output: dict[str, Any] = json.loads(done.stdout)
    return output


@pytest.mark.parametrize("node", EXECUTED)
def test_a_module_that_a_node_runs_changes_its_stamp_and_no_other_does(node: str, seen: dict[str, Any]) -> None:
    modules = set(seen["nodes"][node])
    changing = {module for module, nodes in seen["changed"].items() if node in nodes}
    assert changing == modules & seen["changed"].keys()
    assert len(changing) >= min(3, len(modules))


@pytest.mark.parametrize("module", OUTSIDE)
def test_code_that_no_node_runs_changes_no_stamp(module: str, seen: dict[str, Any]) -> None:
    assert seen["changed"][module] == []


@pytest.mark.parametrize("node", EXECUTED)
def test_every_node_has_the_stamp_of_its_executor_and_of_the_code_that_it_is_given(node: str) -> None:
    properties = next(other for other in NODES if other.id == node).exec_properties
    modules = json.loads(properties["modules"])
    executor = next(other for other in NODES if other.id == node).executor_spec.executor_class.__module__
    assert executor in modules or "tfx" in modules
    for name in ("run_fn", "preprocessing_fn"):
        if properties.get(name):
            assert properties[name].rpartition(".")[0] in modules
    assert len(properties["code"]) == 16


@pytest.mark.parametrize(
    ("node", "function"),
    [
        ("EmbeddingGen", decode_image),
        ("EmbeddingGen", read_images),
        ("Trainer", is_validation),
        ("SearchModelGen", is_validation),
        ("Evaluator", classification_of),
    ],
)
def test_indirect_imports_of_a_node_count(node: str, function: Any) -> None:
    properties = next(other for other in NODES if other.id == node).exec_properties
    assert function.__module__ in json.loads(properties["modules"])


def test_packages_that_compute_count_by_their_versions() -> None:
    modules = {node.id: json.loads(node.exec_properties["modules"]) for node in NODES if node.id in EXECUTED}
    computing = {"keras", "keras-hub", "numpy", "pillow", "tensorflow", "tensorflow-text", "tokenizers"}
    assert computing <= modules["EmbeddingGen"].keys()
    assert {"faiss-cpu", "scikit-learn", "tensorflow"} <= modules["SearchModelGen"].keys()
    assert "tensorflow-data-validation" in modules["CatalogueStatisticsGen"]
    assert "tensorflow-transform" in modules["Transform"]
    assert "feast" in modules["FeatureRegistrar"]
    assert not any(name.startswith("mlflow") for of in modules.values() for name in of)


def test_a_path_is_no_reference_to_code(monkeypatch: pytest.MonkeyPatch) -> None:
    node = next(other for other in NODES if other.id == "EmbeddingGen")
    monkeypatch.delitem(node.exec_properties, MODULES)  # the stamp itself names modules
    monkeypatch.setitem(node.exec_properties, "parts", "/srv/modules.d/feature_repo.old/encoded")
    assert entry_points(node, Code()) == {node.executor_spec.executor_class.__module__}


def test_trainers_record_the_stamp_under_its_name() -> None:
    assert trainer.CODE == CODE


def test_a_stamp_cannot_take_the_place_of_a_property() -> None:
    node = next(other for other in NODES if other.id == "EmbeddingGen")
    with pytest.raises(ValueError, match="EmbeddingGen: settings"):
        stamp(node, {"settings": "0"})
