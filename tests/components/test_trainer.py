import json
from pathlib import Path
from typing import Any

import pytest
from tfx.components.trainer import executor
from tfx.types.standard_artifacts import Model, ModelRun

from components.artifacts import EMBEDDINGS
from components.trainer import Executor


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The properties that TFX's executor was called with."""
    seen: list[dict[str, Any]] = []
    monkeypatch.setattr(executor.GenericExecutor, "Do", lambda *arguments: seen.append(arguments[-1]))
    return seen


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ({"epochs": 5}, {"epochs": 5, "lineage": {"code": "7a1e"}}),
        ({"lineage": {"run": "r1"}}, {"lineage": {"run": "r1", "code": "7a1e"}}),
        (None, {"lineage": {"code": "7a1e"}}),
    ],
)
def test_the_code_stamp_is_passed_on_to_be_recorded(
    seen: list[dict[str, Any]], given: Any, passed_on: dict[str, Any]
) -> None:
    properties = {"code": "7a1e", "custom_config": json.dumps(given)}
    Executor().Do({}, {}, properties)
    assert json.loads(seen[0]["custom_config"]) == passed_on
    assert properties["custom_config"] == json.dumps(given)  # as ML Metadata keeps it


def test_without_a_stamp_nothing_is_added(seen: list[dict[str, Any]]) -> None:
    Executor().Do({}, {}, {"custom_config": '{"epochs": 5}'})
    assert seen == [{"custom_config": '{"epochs": 5}'}]


def test_the_folders_of_embeddings_are_passed_on(seen: list[dict[str, Any]], tmp_path: Path) -> None:
    inputs = {}
    for name, kind in EMBEDDINGS.items():
        artifact = kind()
        artifact.uri = str(tmp_path / name)
        inputs[name] = [artifact]
    Executor().Do(inputs, {}, {"custom_config": "{}"})
    passed_on = {name: str(tmp_path / name) for name in ("query_embeddings", "product_embeddings")}
    assert json.loads(seen[0]["custom_config"]) == {"embeddings": passed_on}


def test_both_encoders_of_a_tuning_are_named_in_the_lineage(seen: list[dict[str, Any]], tmp_path: Path) -> None:
    model, run = Model(), ModelRun()
    run.uri = str(tmp_path)
    outputs = {"model": [model], "model_run": [run]}
    Executor().Do({}, outputs, {"custom_config": "{}"})
    assert not model.has_custom_property("goes_on")
    (tmp_path / "tuning.json").write_text(json.dumps({"original": "5f3a", "goes_on": "tuned"}))
    Executor().Do({}, outputs, {"custom_config": "{}"})
    assert model.get_string_custom_property("original") == "5f3a"
    assert model.get_string_custom_property("goes_on") == "tuned"
