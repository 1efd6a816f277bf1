import hashlib
from pathlib import Path

import pytest
from PIL import Image

from vitrine.data.download.images.store import ImageStore, Stored
from vitrine.data.images.decoding import FORMATS, UndecodableImage


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(("kind", "extension"), zip(FORMATS, ("jpg", "png", "gif", "webp", "bmp", "avif"), strict=True))
def test_an_image_is_named_by_its_bytes(tmp_path: Path, kind: str, extension: str) -> None:
    path = tmp_path / "image"
    Image.new("RGB", (8, 6)).save(path, kind)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    with ImageStore(tmp_path / "images") as store:
        stored = store.keep(data)
        assert stored == Stored(f"{digest[:2]}/{digest}.{extension}", len(data))
        assert store.keep(data) == stored
        assert store.holds(stored)
    assert files(tmp_path / "images") == [stored.path]
    assert (tmp_path / "images" / stored.path).read_bytes() == data


def test_an_invalid_image_leaves_no_file(tmp_path: Path) -> None:
    with ImageStore(tmp_path) as store, pytest.raises(UndecodableImage):
        store.keep(b"<html>")
    assert list(tmp_path.iterdir()) == []


def test_half_files_of_a_killed_run_go(tmp_path: Path) -> None:
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / "half").write_bytes(b"half")
    with ImageStore(tmp_path):
        assert files(tmp_path) == []


def test_an_empty_file_is_not_the_image(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "abc.jpg").touch()
    with ImageStore(tmp_path) as store:
        assert not store.holds(Stored("ab/abc.jpg", 120))
        assert not store.holds(Stored("cd/cde.jpg", 120))
