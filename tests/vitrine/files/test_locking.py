import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vitrine.files.locking import LockedError, exclusive, is_locked

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["file", "folder"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        return tmp_path
    (tmp_path / "a.lock").touch()
    return tmp_path / "a.lock"


@contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run another process that holds the lock on `path` until it is killed."""
    code = f"""
import time
from pathlib import Path
from vitrine.files.locking import exclusive
with exclusive(Path({str(path)!r})):
    print(flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


def test_one_holder_at_a_time_and_nothing_is_left(path: Path) -> None:
    before = sorted(path.parent.iterdir())
    assert not is_locked(path)
    with exclusive(path):
        assert is_locked(path)
        with pytest.raises(LockedError), exclusive(path):
            pass
    assert not is_locked(path)
    assert sorted(path.parent.iterdir()) == before


def test_a_killed_holder_holds_nothing(path: Path) -> None:
    with held_elsewhere(path) as holder:
        assert is_locked(path)
        holder.kill()
        holder.wait()
        with exclusive(path):
            pass


def test_checking_the_lock_does_not_block_others(path: Path) -> None:
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            is_locked(path)
            time.sleep(0.001)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            with exclusive(path):
                time.sleep(0.0001)
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_a_file_that_was_replaced_meanwhile_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.partial"
    file.touch()

    def lock_after_a_rename(descriptor: int, blocking: bool) -> bool:
        file.rename(tmp_path / "a")
        return True

    monkeypatch.setattr("vitrine.files.locking.lock_descriptor", lock_after_a_rename)
    with pytest.raises(LockedError, match="replaced by another process"), exclusive(file):
        pass


def test_a_missing_file_is_not_locked_and_cannot_be_locked(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "none")
    with pytest.raises(FileNotFoundError), exclusive(tmp_path / "none"):
        pass
