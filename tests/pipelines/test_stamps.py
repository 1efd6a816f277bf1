import os
from pathlib import Path

import pytest

from pipelines.stamps import code_stamp, folder_stamp


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `stamped` with a module, and a module `alone`, whose import would fail."""
    (tmp_path / "stamped" / "inner").mkdir(parents=True)
    (tmp_path / "stamped" / "__init__.py").write_text("")
    (tmp_path / "stamped" / "inner" / "__init__.py").write_text("")
    (tmp_path / "stamped" / "inner" / "deep.py").write_text("raise RuntimeError\n")
    (tmp_path / "alone.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_code_of_a_package_counts_at_every_depth_without_running(code: Path) -> None:
    before = code_stamp("stamped")
    assert code_stamp("stamped") == before
    (code / "stamped" / "inner" / "deep.py").write_text("raise ValueError\n")
    assert code_stamp("stamped") != before


def test_a_module_counts_alone(code: Path) -> None:
    before = code_stamp("stamped.inner.deep")
    (code / "stamped" / "__init__.py").write_text("x = 1\n")
    assert code_stamp("stamped.inner.deep") == before
    (code / "stamped" / "inner" / "deep.py").write_text("y = 1\n")
    assert code_stamp("stamped.inner.deep") != before


def test_several_names_make_one_stamp(code: Path) -> None:
    assert len({code_stamp("stamped"), code_stamp("alone"), code_stamp("stamped", "alone")}) == 3


def test_what_is_no_code_of_ours_is_an_error(code: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        code_stamp("nowhere")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "mugs").mkdir(parents=True)
    (folder / "a.png").write_bytes(b"a")
    (folder / "mugs" / "b.png").write_bytes(b"b")
    return folder


def test_pictures_that_stay_keep_the_stamp_wherever_they_are(pictures: Path, tmp_path: Path) -> None:
    before = folder_stamp(pictures)
    assert folder_stamp(pictures) == before
    assert folder_stamp(pictures.rename(tmp_path / "moved")) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "mugs" / "b.png").write_bytes(b"bb"),
        lambda folder: os.utime(folder / "a.png", ns=(1, 1)),
        lambda folder: (folder / "a.png").rename(folder / "c.png"),
        lambda folder: (folder / "a.png").unlink(),
        lambda folder: (folder / "new.png").touch(),
    ],
    ids=["size", "time", "name", "removed", "added"],
)
def test_any_change_of_a_picture_changes_the_stamp(pictures: Path, change) -> None:
    before = folder_stamp(pictures)
    change(pictures)
    assert folder_stamp(pictures) != before


def test_a_folder_that_does_not_exist_has_the_stamp_of_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert folder_stamp(tmp_path / "absent") == folder_stamp(tmp_path / "empty")


def test_a_link_to_nowhere_is_a_picture_that_is_not_there_yet(pictures: Path) -> None:
    link = pictures / "linked.png"
    link.symlink_to(pictures / "absent.png")
    before = folder_stamp(pictures)
    (pictures / "absent.png").write_bytes(b"now")
    assert folder_stamp(pictures) != before
