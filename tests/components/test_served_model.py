import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import Artifact, standard_artifacts

from components.blessed_run.artifacts import SEARCH_INDEX, SEARCH_MODEL
from components.served_model import CANDIDATE, LatestServedModel, served_version
from tests.pipelines.metadata.stores import Metadata

DONE = proto.Execution.COMPLETE


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


def release(metadata: Metadata, version: str, blessed: bool = True) -> dict[str, int]:
    """Record a run that makes a search model and evaluates it; return the ids of the model and its index."""
    model, index = metadata.model("/model"), metadata.model("/index")
    metadata.execute(version, "SearchModelGen", DONE, model=model, index=index)
    blessing_type = metadata.store.put_artifact_type(proto.ArtifactType(name="ModelBlessing"))
    blessing = proto.Artifact(type_id=blessing_type, uri="/blessing")
    blessing.custom_properties["blessed"].int_value = int(blessed)
    blessing.custom_properties["version"].string_value = version
    metadata.execute(version, "RetrievalEvaluator", DONE, inputs={"model": model}, blessing=blessing)
    return {SEARCH_MODEL: model.id, SEARCH_INDEX: index.id}


def resolve(metadata: Metadata, candidate: int) -> dict[str, list[int]]:
    """Resolve with channels that hold every model."""
    artifacts = []
    for message in metadata.store.get_artifacts_by_type("Model"):
        artifact = standard_artifacts.Model()
        artifact.id = message.id
        artifacts.append(artifact)
    present: list[Artifact] = [artifact for artifact in artifacts if artifact.id == candidate]
    channels = {SEARCH_MODEL: artifacts, SEARCH_INDEX: artifacts, CANDIDATE: present}
    resolved = LatestServedModel().resolve_artifacts(metadata.store, channels)
    assert resolved.pop(CANDIDATE) == present
    return {name: [artifact.id for artifact in found] for name, found in resolved.items()}


def lists(ids: dict[str, int]) -> dict[str, list[int]]:
    return {name: [number] for name, number in ids.items()}


def test_the_newest_blessed_search_model_is_served(metadata: Metadata) -> None:
    release(metadata, "1")
    newest = release(metadata, "2")
    candidate = release(metadata, "3", blessed=False)
    assert resolve(metadata, candidate[SEARCH_MODEL]) == lists(newest)


def test_a_cached_candidate_is_compared_with_the_version_before_it(metadata: Metadata) -> None:
    first = release(metadata, "1")
    candidate = release(metadata, "2")
    assert resolve(metadata, candidate[SEARCH_MODEL]) == lists(first)


def test_a_cached_candidate_is_not_compared_with_a_later_version(metadata: Metadata) -> None:
    candidate = release(metadata, "1")
    release(metadata, "2")
    assert resolve(metadata, candidate[SEARCH_MODEL]) == {SEARCH_MODEL: [], SEARCH_INDEX: []}


def test_a_refused_model_is_not_served(metadata: Metadata) -> None:
    first = release(metadata, "1")
    release(metadata, "2", blessed=False)
    candidate = release(metadata, "3")
    assert resolve(metadata, candidate[SEARCH_MODEL]) == lists(first)


def test_the_first_run_finds_none(metadata: Metadata) -> None:
    candidate = release(metadata, "1")
    assert resolve(metadata, candidate[SEARCH_MODEL]) == {SEARCH_MODEL: [], SEARCH_INDEX: []}


def search_model(uri: Path, version: str) -> standard_artifacts.Model:
    artifact = standard_artifacts.Model()
    artifact.uri = str(uri)
    artifact.set_string_custom_property("version", version)
    return artifact


def write_note(path: Path, folder: Path, names: tuple[str, ...] = (SEARCH_MODEL, SEARCH_INDEX)) -> str:
    version = {"version": {"stringValue": "1"}}
    noted = {name: {"uri": str(folder / name), "customProperties": version} for name in names}
    path.write_text(json.dumps({"artifacts": noted}))
    return str(path)


def test_the_resolved_model_is_the_served_version(tmp_path: Path) -> None:
    earlier, index = search_model(tmp_path / "model", "1"), search_model(tmp_path / "index", "1")
    with served_version(search_model(tmp_path / "new", "2"), earlier, index, note="") as served:
        assert served is not None
        assert (served.version, served.model.parent, served.index.parent) == (
            "1",
            tmp_path / "model",
            tmp_path / "index",
        )


def test_the_noted_model_is_the_served_version(tmp_path: Path) -> None:
    note = write_note(tmp_path / "note.json", tmp_path)
    with served_version(search_model(tmp_path / "new", "2"), None, None, note) as served:
        assert served is not None
        assert (served.version, served.model.parent, served.index.parent) == (
            "1",
            tmp_path / SEARCH_MODEL,
            tmp_path / SEARCH_INDEX,
        )


def test_a_noted_model_is_not_compared_with_itself(tmp_path: Path) -> None:
    note = write_note(tmp_path / "note.json", tmp_path)
    with served_version(search_model(tmp_path / "new", "1"), None, None, note) as served:
        assert served is None


def test_without_an_earlier_version_none_is_served(tmp_path: Path) -> None:
    old_note = write_note(tmp_path / "note.json", tmp_path, names=())
    for note in ("", str(tmp_path / "missing.json"), old_note):
        with served_version(search_model(tmp_path / "new", "1"), None, None, note) as served:
            assert served is None
