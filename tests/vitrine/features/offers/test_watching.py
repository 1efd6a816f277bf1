import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from vitrine.errors import ConfigError
from vitrine.features.offers.log import OfferLog
from vitrine.features.offers.online import open_offers
from vitrine.features.offers.update import Update, update_from_file
from vitrine.features.offers.watching import watch
from vitrine.features.store import FeatureStoreError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming"


@pytest.fixture
def apply(serving: Path) -> Callable[[Path, str], Update]:
    return lambda file, source: update_from_file(serving, file, "skip", source=source)


def drop(folder: Path, name: str, text: str, age: float = 10) -> Path:
    """Write a file that was last changed `age` seconds ago."""
    file = folder / name
    file.write_text(text)
    os.utime(file, (time.time() - age, time.time() - age))
    return file


def price(serving: Path) -> object:
    with open_offers(serving / "features") as offers:
        return offers.read(["p1"])["price"][0].as_py()


def test_files_are_applied_by_age_and_moved(serving: Path, folder: Path, apply: Callable[..., Update]) -> None:
    drop(folder, "a.csv", "product_id,price\np1,2\n", age=10)
    drop(folder, "b.csv", "product_id,price\np1,1\np2,x\n", age=20)
    drop(folder, "c.csv", "product_id,pric\np1,3\n", age=15)
    drop(folder, ".hidden.csv", "product_id,price\np1,9\n")
    drop(folder, "notes.txt", "no changes")
    outcomes = watch(folder, serving, apply, poll_seconds=0.01)
    first, second, third = next(outcomes), next(outcomes), next(outcomes)
    assert isinstance(first, Update)
    assert isinstance(third, Update)
    assert (first.sequence, first.rejected, third.sequence) == (1, 1, 2)
    assert "column 'pric' is no attribute" in str(second)
    assert price(serving) == 2.0
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["a.csv", "b.csv", "b.csv.rejected.txt"]
    assert "b.csv:3: price 'x'" in (folder / "done" / "b.csv.rejected.txt").read_text()
    assert "no attribute" in (folder / "failed" / "c.csv.reason.txt").read_text()
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [".hidden.csv", "notes.txt"]


def test_a_file_is_taken_once_it_is_complete(serving: Path, folder: Path, apply: Callable[..., Update]) -> None:
    begun = time.time()
    (folder / "a.csv").write_text("product_id,price\np1,2\n")
    next(watch(folder, serving, apply, poll_seconds=0.01))
    assert time.time() - begun >= 1


def test_a_file_that_was_applied_before_a_kill_is_not_applied_again(
    serving: Path, folder: Path, apply: Callable[..., Update]
) -> None:
    file = drop(folder, "a.csv", "product_id,price\np1,2\n")
    kept = shutil.copy2(file, folder.parent / "kept.csv")
    next(watch(folder, serving, apply, poll_seconds=0.01))
    shutil.copy2(kept, file)  # as if the process had been killed before it moved the file
    drop(folder, "b.csv", "product_id,price\np1,3\n", age=5)
    next(watch(folder, serving, apply, poll_seconds=0.01))
    assert (OfferLog(serving / "features").last(), price(serving)) == (2, 3.0)
    drop(folder, "a.csv", "product_id,price\np1,2\n", age=2)  # the same content, sent anew
    next(watch(folder, serving, apply, poll_seconds=0.01))
    assert price(serving) == 2.0


def test_files_wait_while_the_online_store_fails(serving: Path, folder: Path) -> None:
    file = drop(folder, "a.csv", "product_id,price\np1,2\n")
    calls = 0

    def fail_first(changes: Path, source: str) -> Update:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise FeatureStoreError("Redis is down")
        return update_from_file(serving, changes, source=source)

    outcomes = watch(folder, serving, fail_first, poll_seconds=0.01)
    assert next(outcomes) == "Redis is down"
    assert file.exists()
    assert isinstance(next(outcomes), Update)
    assert price(serving) == 2.0


def test_a_missing_folder_is_named(serving: Path, apply: Callable[..., Update], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere: no such folder"):
        next(watch(tmp_path / "nowhere", serving, apply))
