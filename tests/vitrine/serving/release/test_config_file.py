import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vitrine.errors import ConfigError, ServeError
from vitrine.serving.release.config_file import locked_config_file

ROOT = Path(__file__).parents[4]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "models.config").write_text("old")
    return tmp_path / "models.config"


def test_the_new_text_takes_the_place_of_the_old_and_leaves_nothing_beside_it(file: Path) -> None:
    file.chmod(0o640)
    with locked_config_file(file) as config_file:
        assert config_file.text == "old"
        config_file.write("new")
        assert config_file.text == file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "models.config"
    link.parent.mkdir()
    link.symlink_to(file)
    with locked_config_file(link) as config_file:
        config_file.write("new")
    assert (link.is_symlink(), file.read_text()) == (True, "new")


def test_someone_elses_change_is_not_written_over(file: Path) -> None:
    with locked_config_file(file) as config_file:
        file.write_text("theirs")
        with pytest.raises(ConfigError, match="another program has changed it"):
            config_file.write("new")
    assert file.read_text() == "theirs"


def test_one_release_at_a_time(file: Path) -> None:
    with (
        locked_config_file(file),
        pytest.raises(ConfigError, match="another release is running"),
        locked_config_file(file),
    ):
        pass
    with locked_config_file(file):
        pass


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with (
        pytest.raises(ServeError, match=r"cannot read .*/none/models\.config: No such file"),
        locked_config_file(tmp_path / "none" / "models.config"),
    ):
        pass


def test_a_folder_that_cannot_be_written_to_is_one_line() -> None:
    code = """
import os, sys
from pathlib import Path
from vitrine.serving.release.config_file import locked_config_file
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write everywhere
with locked_config_file(Path(sys.argv[1])) as config_file:
    config_file.write("new")
"""
    with tempfile.TemporaryDirectory() as folder:  # not pytest's own, which only its user may enter
        file = Path(folder, "models.config")
        file.write_text("old")
        file.parent.chmod(0o555)
        command = [sys.executable, "-c", code, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stderr.splitlines()[-1].endswith(f"ConfigError: {file}: cannot be written: Permission denied")
        assert file.read_text() == "old"
        assert list(file.parent.iterdir()) == [file]


def test_whenever_it_is_killed_the_file_holds_one_text_or_the_other(file: Path) -> None:
    texts = {"a" * 300_000, "b" * 300_000}
    file.write_text("a" * 300_000)
    code = f"""
from pathlib import Path
from vitrine.serving.release.config_file import locked_config_file
with locked_config_file(Path({str(file)!r})) as config_file:
    print(flush=True)
    while True:
        config_file.write("b" * 300_000)
        config_file.write("a" * 300_000)
"""
    for milliseconds in range(1, 100, 20):
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert file.read_text() in texts
    with locked_config_file(file) as config_file:  # the lock died with its owner
        config_file.write("new")
    assert list(file.parent.iterdir()) == [file]
