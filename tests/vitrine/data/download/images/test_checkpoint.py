from pathlib import Path

import pytest

from vitrine.data.download.images.checkpoint import BATCH, CHECKPOINT, checkpoint_in
from vitrine.data.download.images.store import Stored
from vitrine.errors import DataError

ONE, TWO = Stored("ab/ab01.jpg", 120), Stored("cd/cd02.png", 80)


def test_added_images_are_read_by_the_next_run(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with checkpoint_in(folder) as checkpoint:
        assert checkpoint.stored == {}
        checkpoint.add("https://shop.example/täg?a=1\u2028", ONE)
        for number in range(BATCH):
            checkpoint.add(f"https://shop.example/{number}", TWO)
    with checkpoint_in(folder) as checkpoint:
        assert len(checkpoint.stored) == BATCH + 1
        assert checkpoint.stored["https://shop.example/täg?a=1\u2028"] == ONE


@pytest.mark.parametrize(
    "torn", [b'{"url": "https://b', b'{"url": "https://b", "path": "cd/cd02.png", "bytes": 80}', b"\0"]
)
def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path, torn: bytes) -> None:
    with checkpoint_in(tmp_path) as checkpoint:
        checkpoint.add("https://a", ONE)
    with (tmp_path / CHECKPOINT).open("ab") as file:
        file.write(torn)
    with checkpoint_in(tmp_path) as checkpoint:
        assert checkpoint.stored == {"https://a": ONE}
        checkpoint.add("https://c", TWO)
    with checkpoint_in(tmp_path) as checkpoint:
        assert checkpoint.stored == {"https://a": ONE, "https://c": TWO}


def test_one_download_at_a_time(tmp_path: Path) -> None:
    with (
        checkpoint_in(tmp_path),
        pytest.raises(DataError, match="another download writes there"),
        checkpoint_in(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file"), checkpoint_in(tmp_path / "file"):
        pass
