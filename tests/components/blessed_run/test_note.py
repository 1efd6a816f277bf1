import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import Artifact, artifact_utils
from tfx.types.standard_artifacts import Model, ModelBlessing

from components.blessed_run.artifacts import BLESSED_RUN, CATEGORY_HEAD, SEARCH_INDEX, SEARCH_MODEL
from components.blessed_run.note import NoteBlessedRun, NotedBlessedRun
from vitrine.errors import ConfigError

SETTINGS = '{"kind": "clip"}'
SEARCHED = {SEARCH_MODEL: Model, SEARCH_INDEX: Model}


def call(component: Any, **arguments: Any) -> None:
    component.EXECUTOR_SPEC.executor_class._FUNCTION(**arguments)


def write(note: Path, blessed: bool = True) -> dict[str, Artifact]:
    artifacts = {name: kind() for name, kind in (BLESSED_RUN | SEARCHED).items()}
    for name, artifact in artifacts.items():
        artifact.uri = f"gs://bucket/{name}/1"
        artifact.id = 7
    artifacts["judgements"].split_names = artifact_utils.encode_split_names(["train", "eval"])
    artifacts["classifier_blessing"].set_int_custom_property("blessed", 1)
    blessing = ModelBlessing()
    blessing.set_int_custom_property("blessed", int(blessed))
    call(NoteBlessedRun, blessing=blessing, note=str(note), encoder_settings=SETTINGS, **artifacts)
    return artifacts


def read(note: Path, settings: str = SETTINGS) -> dict[str, Artifact]:
    outputs = {name: kind() for name, kind in BLESSED_RUN.items()}
    for artifact in outputs.values():
        artifact.uri = "gs://bucket/new"
    call(NotedBlessedRun, note=str(note), encoder_settings=settings, **outputs)
    return outputs


def test_both_components_have_a_channel_for_each_artifact() -> None:
    for component, channels in ((NoteBlessedRun, BLESSED_RUN | SEARCHED), (NotedBlessedRun, BLESSED_RUN)):
        parameters = inspect.signature(component.EXECUTOR_SPEC.executor_class._FUNCTION).parameters
        assert set(parameters) - {"blessing", "note", "encoder_settings"} == set(channels)


def test_outputs_refer_to_the_noted_artifacts_with_their_properties(tmp_path: Path) -> None:
    noted, found = write(tmp_path / "blessed" / "shop.json"), read(tmp_path / "blessed" / "shop.json")
    assert {name: artifact.uri for name, artifact in found.items()} == {name: noted[name].uri for name in BLESSED_RUN}
    assert artifact_utils.decode_split_names(found["judgements"].split_names) == ["train", "eval"]
    assert found["classifier_blessing"].get_int_custom_property("blessed") == 1
    assert not any(artifact.mlmd_artifact.HasField("id") for artifact in found.values())


def test_a_note_of_a_version_without_category_heads_names_none(tmp_path: Path) -> None:
    write(tmp_path / "note.json")
    noted = json.loads((tmp_path / "note.json").read_text())
    del noted["artifacts"][CATEGORY_HEAD]
    (tmp_path / "note.json").write_text(json.dumps(noted))
    found = read(tmp_path / "note.json")
    assert found[CATEGORY_HEAD].uri == "gs://bucket/new"  # where there are no files
    assert found["classifier"].uri == "gs://bucket/classifier/1"


def test_a_refused_model_leaves_the_note_as_it_is(tmp_path: Path) -> None:
    write(tmp_path / "note.json")
    before = (tmp_path / "note.json").read_text()
    write(tmp_path / "note.json", blessed=False)
    assert (tmp_path / "note.json").read_text() == before


def test_without_a_note_the_error_says_what_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no run has a blessed model, .*; `vitrine run` makes one"):
        read(tmp_path / "note.json")


def test_another_encoder_than_the_noted_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "note.json")
    with pytest.raises(ConfigError, match="different: kind; "):
        read(tmp_path / "note.json", '{"kind": "sentence"}')
