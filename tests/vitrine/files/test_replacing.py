import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.files.replacing import move_directory, replace_directory, replace_file, write_text

ROOT = Path(__file__).parents[3]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestReplaceFile:
    def test_the_file_appears_when_the_block_ends(self, tmp_path: Path) -> None:
        file = tmp_path / "new" / "a.txt"
        with replace_file(file) as partial:
            partial.write_text("text")
            assert not file.exists()
        assert file.read_text() == "text"
        assert names(file.parent) == ["a.txt"]

    def test_an_error_leaves_the_old_file_and_nothing_beside_it(self, tmp_path: Path) -> None:
        file = tmp_path / "a.txt"
        file.write_text("old")

        def write_half() -> None:
            with replace_file(file) as partial:
                partial.write_text("half")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            write_half()
        assert file.read_text() == "old"
        assert names(tmp_path) == ["a.txt"]

    def test_permissions_and_links_stay(self, tmp_path: Path) -> None:
        file, link = tmp_path / "a.txt", tmp_path / "elsewhere" / "link.txt"
        file.write_text("old")
        file.chmod(0o640)
        link.parent.mkdir()
        link.symlink_to(file)
        write_text(link, "new")
        assert (link.is_symlink(), file.read_text(), file.stat().st_mode & 0o777) == (True, "new", 0o640)
        assert names(link.parent) == ["link.txt"]

    def test_it_is_written_where_the_caller_says(self, tmp_path: Path) -> None:
        file, chosen = tmp_path / "a.txt", tmp_path / "aside"
        with replace_file(file, chosen, synced=False) as partial:
            assert partial == chosen
            partial.write_text("text")
        assert names(tmp_path) == ["a.txt"]

    def test_whenever_it_is_killed_the_file_holds_one_text_or_the_other(self, tmp_path: Path) -> None:
        file = tmp_path / "a.txt"
        old, new = "a" * 300_000, "b" * 300_000
        file.write_text(old)
        code = f"""
from pathlib import Path
from vitrine.files.replacing import write_text
print(flush=True)
while True:
    for letter in "ba":
        write_text(Path({str(file)!r}), letter * 300_000)
"""
        for milliseconds in range(1, 100, 20):
            process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
            assert process.stdout
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(milliseconds / 1000)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            assert file.read_text() in {old, new}
        write_text(file, "after")  # what was left half-written goes
        assert names(tmp_path) == ["a.txt"]


class TestReplaceDirectory:
    def test_the_folder_appears_when_the_block_ends_and_the_old_one_goes(self, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "data"
        for text in ("first", "second"):
            with replace_directory(folder) as fresh:
                (fresh / text).write_text(text)
            assert names(folder) == [text]
        assert names(folder.parent) == ["data"]
        umask = os.umask(0)
        os.umask(umask)
        assert folder.stat().st_mode & 0o777 == 0o777 & ~umask

    def test_an_error_leaves_the_old_folder_and_nothing_beside_it(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "old").touch()

        def write_half() -> None:
            with replace_directory(tmp_path / "data") as fresh:
                (fresh / "half").touch()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            write_half()
        assert names(tmp_path) == ["data"]
        assert names(tmp_path / "data") == ["old"]

    def test_a_folder_that_cannot_be_put_in_its_place_leaves_the_old_one_there(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "old").touch()
        with pytest.raises(FileNotFoundError):
            move_directory(tmp_path / "missing", tmp_path / "data", tmp_path / "aside")
        assert names(tmp_path) == ["data"]
        assert names(tmp_path / "data") == ["old"]
