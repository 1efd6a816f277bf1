import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.metadata.changes import changes
from tests.pipelines.metadata.stores import Metadata

DONE, CACHED, FAILED = proto.Execution.COMPLETE, proto.Execution.CACHED, proto.Execution.FAILED
SETTINGS = {"settings": json.dumps({"batch": 256, "search": {"top_k": 24}}), "images": "1f"}


def executed_again(metadata: Metadata, **settings: str) -> str:
    metadata.execute("run-1", "EmbeddingGen", DONE, settings=SETTINGS)
    metadata.execute("run-2", "EmbeddingGen", DONE, settings=SETTINGS | settings)
    return changes(metadata.path, "EmbeddingGen")


def test_a_first_execution_has_no_reason(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", DONE)
    metadata.execute("run-1", "EmbeddingGen", DONE, settings=SETTINGS)
    assert changes(metadata.path, "EmbeddingGen") == ""


def test_nothing_changed_says_nothing(metadata: Metadata) -> None:
    assert executed_again(metadata) == ""


def test_a_stamp_is_named(metadata: Metadata) -> None:
    assert executed_again(metadata, images="2a", encoder="77") == "encoder; images"


def test_settings_are_named_by_their_keys(metadata: Metadata) -> None:
    changed = json.dumps({"batch": 64, "search": {"top_k": 24, "seed": 1}})
    assert executed_again(metadata, settings=changed) == "settings (batch, search.seed)"


def test_code_is_named_by_its_modules_and_packages(metadata: Metadata) -> None:
    before = {"code": "11", "modules": json.dumps({"vitrine.labels": "1", "keras": "3.15.1", "vitrine.errors": "1"})}
    after = {"code": "22", "modules": json.dumps({"vitrine.labels": "2", "keras": "3.15.2", "vitrine.errors": "1"})}
    metadata.execute("run-1", "Trainer", DONE, settings=before)
    metadata.execute("run-2", "Trainer", DONE, settings=after)
    assert changes(metadata.path, "Trainer") == "code of keras, vitrine.labels"
    many = {"code": "33", "modules": json.dumps({f"vitrine.m{number}": "1" for number in range(5)})}
    metadata.execute("run-3", "Trainer", DONE, settings=many)
    assert changes(metadata.path, "Trainer") == "code of keras, vitrine.errors, vitrine.labels and 5 more"


def test_an_input_is_named_with_the_node_that_made_it(metadata: Metadata, tmp_path: Path) -> None:
    for run in ("run-1", "run-2"):
        outputs = {name: metadata.model(f"{tmp_path}/{name}") for name in ("examples", "schema")}
        metadata.execute(run, "EmbeddingGen", DONE, **outputs)
        metadata.execute(run, "Trainer", DONE, inputs=outputs)
    assert changes(metadata.path, "Trainer") == "examples, schema from EmbeddingGen"


def test_failed_executions_are_ignored_and_cached_ones_are_not(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", DONE, settings={"epochs": "1"})
    metadata.execute("run-2", "Trainer", CACHED, settings={"epochs": "2"})
    metadata.execute("run-3", "Trainer", FAILED, settings={"epochs": "3"})
    metadata.execute("run-4", "Trainer", DONE, settings={"epochs": "2", "seed": "1"})
    assert changes(metadata.path, "Trainer") == "seed"


@pytest.mark.parametrize("exists", [True, False])
def test_outputs_that_were_deleted_are_a_reason(metadata: Metadata, tmp_path: Path, exists: bool) -> None:
    metadata.execute("run-1", "Trainer", DONE, model=metadata.model(str(tmp_path if exists else tmp_path / "gone")))
    metadata.execute("run-2", "Trainer", DONE, model=metadata.model(str(tmp_path)))
    assert changes(metadata.path, "Trainer") == ("" if exists else "outputs, which are gone")
