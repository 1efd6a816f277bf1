import os
from pathlib import Path

import pytest

from pipelines.run_discovery import RUN_VARIABLE, find_runs, newest_run
from vitrine.errors import DataError


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An older run, a newer one, one with its report only, and another folder."""
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    for age, (name, file) in enumerate(
        {"kept": "report.json", "new": "metadata.db", "old": "metadata.db", "notes": "readme.txt"}.items()
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    return tmp_path


def test_runs_are_found_last_changed_first_and_a_run_is_its_own_folder(runs: Path) -> None:
    assert [run.name for run in find_runs(runs)] == ["kept", "new", "old"]
    assert find_runs(runs / "old") == [runs / "old"]
    assert find_runs(runs / "notes") == []
    with pytest.raises(DataError, match="cannot be read: No such file"):
        find_runs(runs / "none")


def test_the_newest_run_is_one_whose_artifacts_are_known(runs: Path) -> None:
    assert newest_run(runs).output == runs / "new"


def test_the_environment_names_another_run(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_VARIABLE, str(runs / "old"))
    assert newest_run(runs).output == runs / "old"


def test_without_a_run_the_message_says_what_to_do(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=rf"notes: no run there; .*; {RUN_VARIABLE} names the run to use$"):
        newest_run(runs / "notes")
    monkeypatch.setenv(RUN_VARIABLE, str(runs / "kept"))
    with pytest.raises(DataError, match=r"kept: no run there; "):
        newest_run(runs)
