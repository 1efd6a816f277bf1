from pathlib import Path

import pytest
import tensorflow as tf
from tfx.components.evaluator import constants
from tfx.dsl.io import filesystem
from tfx.types import standard_artifacts

from components.pusher import VERSION_PROPERTY, Executor, copy_version, push_version


@pytest.fixture
def model(tmp_path: Path) -> Path:
    source = tmp_path / "model"
    (source / "variables").mkdir(parents=True)
    (source / "saved_model.pb").write_bytes(b"graph")
    (source / "variables" / "variables.index").write_bytes(b"weights")
    return source


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_version_is_pushed_whole(model: Path, tmp_path: Path) -> None:
    target = push_version(model, tmp_path / "serving" / "product_search", "7")
    assert target == tmp_path / "serving" / "product_search" / "7"
    assert files(tmp_path / "serving") == [
        "product_search/7/saved_model.pb",
        "product_search/7/variables/variables.index",
    ]


def test_an_existing_version_is_left_unchanged(model: Path, tmp_path: Path) -> None:
    target = push_version(model, tmp_path / "serving", "7")
    (target / "saved_model.pb").write_bytes(b"served")
    assert push_version(model, tmp_path / "serving", "7") == target
    assert (target / "saved_model.pb").read_bytes() == b"served"


def test_leftovers_of_killed_pushes_are_removed(model: Path, tmp_path: Path) -> None:
    for version in ("6", "7"):
        leftover = tmp_path / "serving" / f".{version}.incomplete"
        leftover.mkdir(parents=True)
        (leftover / "half").touch()
    push_version(model, tmp_path / "serving", "7")
    assert files(tmp_path / "serving") == ["7/saved_model.pb", "7/variables/variables.index"]
    assert [path.name for path in (tmp_path / "serving").iterdir()] == ["7"]


def test_other_versions_stay(model: Path, tmp_path: Path) -> None:
    for version in ("6", "7"):
        push_version(model, tmp_path / "serving", version)
    assert sorted(path.name for path in (tmp_path / "serving").iterdir()) == ["6", "7"]


def test_a_push_killed_between_copy_and_rename_shows_no_version(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(path: Path, target: Path) -> None:
        raise Killed

    base = tmp_path / "serving"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", die)
        with pytest.raises(Killed):
            push_version(model, base, "7")
    assert [path.name for path in base.iterdir()] == [".7.incomplete"]
    push_version(model, base, "7")
    assert files(base) == ["7/saved_model.pb", "7/variables/variables.index"]


def test_the_model_card_of_the_blessing_is_pushed_beside_the_model(model: Path, tmp_path: Path) -> None:
    blessing = tmp_path / "blessing"
    blessing.mkdir()
    push_version(model, tmp_path / "serving", "6", str(blessing))
    (blessing / "MODEL_CARD.md").write_text("# Card")
    push_version(model, tmp_path / "serving", "7", str(blessing))
    copy_version(str(model), str(tmp_path / "bucket"), "7", str(blessing))
    cards = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.glob("*/*/MODEL_CARD.md"))]
    assert cards == ["bucket/7/MODEL_CARD.md", "serving/7/MODEL_CARD.md"]


def push(model: Path, base: Path, blessed: bool, version: str = "") -> standard_artifacts.PushedModel:
    """Run the executor as TFX does, on a model in a Trainer's layout."""
    trained, blessing = standard_artifacts.Model(), standard_artifacts.ModelBlessing()
    pushed = standard_artifacts.PushedModel()
    trained.uri = str(model.parent / "trained")
    serving = Path(trained.uri, "Format-Serving")
    if not serving.exists():
        serving.parent.mkdir()
        serving.symlink_to(model)
    pushed.uri = str(model.parent / "pushed")
    blessing.uri = str(model.parent / "blessing")
    Path(blessing.uri).mkdir(exist_ok=True)
    Path(blessing.uri, constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME).touch()
    blessing.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
    if version:
        blessing.set_string_custom_property(VERSION_PROPERTY, version)
    Executor().Do(
        {"model": [trained], "model_blessing": [blessing]},
        {"pushed_model": [pushed]},
        {"push_destination": f'{{"filesystem": {{"base_directory": "{base}"}}}}', "custom_config": "null"},
    )
    return pushed


def test_a_blessed_model_is_pushed_under_the_version_of_its_blessing(model: Path, tmp_path: Path) -> None:
    pushed = push(model, tmp_path / "serving", blessed=True, version="1712")
    assert pushed.get_int_custom_property("pushed") == 1
    assert pushed.get_string_custom_property("pushed_version") == "1712"
    assert pushed.get_string_custom_property("pushed_destination") == str(tmp_path / "serving" / "1712")
    assert files(tmp_path / "serving") == ["1712/saved_model.pb", "1712/variables/variables.index"]


def test_a_refused_model_pushes_nothing(model: Path, tmp_path: Path) -> None:
    pushed = push(model, tmp_path / "serving", blessed=False, version="1712")
    assert pushed.get_int_custom_property("pushed") == 0
    assert not (tmp_path / "serving").exists()


def bucket(uri: str) -> dict[str, bytes]:
    """Return the contents of the files below `uri`, by relative name."""
    contents = {}
    for folder, _, names in tf.io.gfile.walk(uri):
        for name in names:
            with tf.io.gfile.GFile(f"{folder}/{name}", "rb") as file:
                contents[f"{folder}/{name}".removeprefix(f"{uri}/")] = file.read()
    return contents


def test_a_version_is_pushed_to_a_bucket(model: Path) -> None:
    assert copy_version(str(model), "ram://pushed/product_search", "7") == "ram://pushed/product_search/7"
    assert bucket("ram://pushed/product_search") == {
        "7/saved_model.pb": b"graph",
        "7/variables/variables.index": b"weights",
    }


def test_an_existing_version_in_the_bucket_is_left_unchanged(model: Path) -> None:
    copy_version(str(model), "ram://again", "7")
    (model / "saved_model.pb").write_bytes(b"other")
    copy_version(str(model), "ram://again", "7")
    assert bucket("ram://again")["7/saved_model.pb"] == b"graph"


def test_half_a_version_in_a_bucket_has_no_graph_and_is_pushed_again(model: Path) -> None:
    (model / "variables").rename(model / "away")
    (model / "variables").symlink_to("nowhere")  # the copy stops there
    with pytest.raises(filesystem.NotFoundError):
        copy_version(str(model), "ram://half", "7")
    assert "7/saved_model.pb" not in bucket("ram://half")
    (model / "variables").unlink()
    (model / "away").rename(model / "variables")
    copy_version(str(model), "ram://half", "7")
    assert set(bucket("ram://half")) == {"7/saved_model.pb", "7/variables/variables.index"}
