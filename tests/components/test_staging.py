"""`ram://` is TensorFlow's file system in memory: like a bucket, it has no paths that other libraries could open."""

from pathlib import Path

import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.dsl.component.experimental.decorators import component

from components.artifacts import DataApproval
from components.staging import on_disk, staged
from vitrine.errors import DataError


def artifact(uri: str) -> tfx.dsl.Artifact:
    approval = DataApproval()
    approval.uri = uri
    return approval


@component
@staged
def Copies(  # noqa: N802
    source: tfx.dsl.components.InputArtifact[DataApproval],
    copy: tfx.dsl.components.OutputArtifact[DataApproval],
    suffix: tfx.dsl.components.Parameter[str],
) -> None:
    """Copy `a/text`, with `suffix`."""
    text = Path(source.uri, "a", "text").read_text(encoding="utf-8")
    if not text:
        raise DataError("empty")
    Path(copy.uri, "text").write_text(text + suffix, encoding="utf-8")
    copy.set_string_custom_property("read", text)


def run(source: tfx.dsl.Artifact, copy: tfx.dsl.Artifact) -> None:
    executor = Copies.EXECUTOR_SPEC.executor_class(None)
    executor.Do({"source": [source]}, {"copy": [copy]}, {"suffix": "!"})


def write(uri: str, text: str) -> None:
    tf.io.gfile.makedirs(f"{uri}/a")
    with tf.io.gfile.GFile(f"{uri}/a/text", "w") as file:
        file.write(text)


def test_a_component_works_on_copies_of_a_buckets_artifacts() -> None:
    write("ram://staged/source", "words")
    source, copy = artifact("ram://staged/source"), artifact("ram://staged/copy")
    run(source, copy)
    with tf.io.gfile.GFile("ram://staged/copy/text") as file:
        assert file.read() == "words!"
    assert (source.uri, copy.uri) == ("ram://staged/source", "ram://staged/copy")
    assert copy.get_string_custom_property("read") == "words"


def test_a_component_that_fails_leaves_nothing_in_the_bucket() -> None:
    write("ram://failed/source", "")
    source, copy = artifact("ram://failed/source"), artifact("ram://failed/copy")
    with pytest.raises(DataError, match=r"^empty$"):
        run(source, copy)
    assert not tf.io.gfile.exists("ram://failed/copy")
    assert (source.uri, copy.uri) == ("ram://failed/source", "ram://failed/copy")


def test_artifacts_on_this_machine_are_used_in_place(tmp_path: Path) -> None:
    write(str(tmp_path / "source"), "words")
    with on_disk([artifact(str(tmp_path / "source"))], [output := artifact(str(tmp_path / "made"))]):
        assert output.uri == str(tmp_path / "made")
        assert (tmp_path / "made").is_dir()  # platforms do not create it
    run(artifact(str(tmp_path / "source")), artifact(str(tmp_path / "copy")))
    assert (tmp_path / "copy" / "text").read_text() == "words!"


def test_temporary_copies_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    write("ram://gone/source", "words")
    run(artifact("ram://gone/source"), artifact("ram://gone/copy"))
    assert list(tmp_path.iterdir()) == []
