import re
from pathlib import Path

import numpy as np
import pytest

from vitrine.files.mapped_pages import ReadCounter, map_array, map_file, release_pages

SIZE = 1 << 22
SMAPS = Path("/proc/self/smaps")

needs_smaps = pytest.mark.skipif(not SMAPS.exists(), reason="only Linux says what is resident")


def resident(file: Path) -> int:
    """Return the bytes of a mapped file that are resident in this process."""
    parts = re.split(r"\n(?=[0-9a-f]+-)", SMAPS.read_text())
    sizes = [re.search(r"\nRss: +(\d+) kB", part) for part in parts if str(file) in part.splitlines()[0]]
    return sum(int(size[1]) << 10 for size in sizes if size)


@needs_smaps
def test_pages_of_arrays_go_back_and_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npy"
    np.save(file, np.arange(SIZE // 4, dtype=np.float32))
    mapped = map_array(file)
    total = mapped.sum()
    assert resident(file) >= SIZE
    release_pages()
    assert resident(file) == 0
    assert mapped.sum() == total


@needs_smaps
def test_pages_of_files_go_back_and_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "rows.arrow"
    file.write_bytes(bytes(range(256)) * (SIZE // 256))
    mapped = map_file(file)
    assert mapped[:].count(7) == SIZE // 256
    assert resident(file) >= SIZE
    release_pages()
    assert resident(file) == 0
    assert mapped[7] == 7


@needs_smaps
def test_pages_go_back_once_in_many_rows(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npy"
    np.save(file, np.ones((ReadCounter.LIMIT, 64), np.float32))
    mapped, counter = map_array(file), ReadCounter()
    first = mapped[: ReadCounter.LIMIT - 1].copy()
    counter.add(len(first))
    assert resident(file) > 0
    counter.add(1)
    assert resident(file) == 0


def test_closed_mappings_are_forgotten(tmp_path: Path) -> None:
    file = tmp_path / "vectors.npy"
    np.save(file, np.ones(8, np.float32))
    mapped = map_array(file)
    del mapped
    release_pages()


def test_files_that_cannot_be_mapped_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        map_file(tmp_path / "gone")
    (tmp_path / "empty").touch()
    with pytest.raises(ValueError, match="empty"):
        map_file(tmp_path / "empty")


def test_arrays_of_another_type_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "vectors.npy", np.ones(8))
    with pytest.raises(ValueError, match="float64 instead of float32"):
        map_array(tmp_path / "vectors.npy")
