"""The choice that `make check` makes."""

import subprocess
from pathlib import Path

import pytest

from tests import affected
from tests.affected import Touched, changed_files, main, nearest, run_while_there_is_time, touched
from tests.conftest import ROOT


def files(*changed: str) -> list[str]:
    return [one.test for one in nearest(touched(changed))]


def test_a_module_touches_what_imports_it_the_nearest_first() -> None:
    chosen = files("vitrine/rewriting/units.py")
    assert "tests/vitrine/rewriting/test_rules.py" in chosen
    assert "tests/vitrine/gateway/test_server.py" in chosen
    assert chosen.index("tests/vitrine/rewriting/test_rules.py") < chosen.index("tests/vitrine/gateway/test_server.py")
    assert "tests/vitrine/serving/batching/test_batcher.py" not in chosen


def test_a_command_touches_the_tests_that_run_it_in_another_process() -> None:
    assert files("cli/sample.py") == ["tests/cli/test_sample.py"]


def test_a_test_touches_itself_and_a_conftest_those_below() -> None:
    assert files("tests/vitrine/rewriting/test_units.py")[0] == "tests/vitrine/rewriting/test_units.py"
    below = files("tests/vitrine/rewriting/conftest.py")
    assert "tests/vitrine/rewriting/test_llm.py" in below
    assert "tests/vitrine/baselines/test_bm25.py" not in below


def test_what_is_imported_by_its_name_touches_the_tests_beside_it() -> None:
    assert "tests/vitrine/data/adapters/test_esci.py" in files("vitrine/data/adapters/sample.py")


def test_every_module_touches_a_test() -> None:
    tree = [
        path.relative_to(ROOT).as_posix() for folder in ("cli", "vitrine") for path in (ROOT / folder).rglob("*.py")
    ]
    assert {one.changed for one in touched(tree)} == set(tree)


def test_other_files_touch_the_tests_of_their_folder_and_those_that_name_them() -> None:
    assert "tests/deploy/test_compose.py" in files("deploy/compose/gateway.yaml")
    assert "tests/pipelines/tiny_runs/test_dvc.py" in files("dvc.yaml")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, which the choice looks at."""
    monkeypatch.setattr(affected, "ROOT", tmp_path)
    (tmp_path / "old.py").touch()
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Start")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def test_what_is_committed_edited_and_new_since_the_base_has_changed(repository: Path) -> None:
    git(repository, "checkout", "-qb", "branch")
    (repository / "committed.py").touch()
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "More")
    (repository / "old.py").write_text("edited")
    for name in ("new.py", "ignored.py"):
        (repository / name).touch()
    assert changed_files("main") == ["committed.py", "new.py", "old.py"]


def test_a_base_that_does_not_exist_is_told(repository: Path) -> None:
    with pytest.raises(SystemExit, match=r"Not a valid object name nowhere\n.*make check BASE=origin/main"):
        changed_files("nowhere")


def test_where_nothing_changed_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(affected, "changed_files", lambda _: [])
    assert main() == 0
    assert "Changed since main: 0 files. They touch 0 test files.\nNo test is run." in capsys.readouterr().out


def test_what_is_near_is_run_first_and_its_failure_ends_the_check(capfd: pytest.CaptureFixture[str]) -> None:
    near = Touched(2, "tests/test_affected.py::missing", "a.py")
    far = Touched(3, "tests/vitrine/test_labels.py", "a.py")
    assert run_while_there_is_time([far]) == 0
    assert " passed" in capfd.readouterr().out
    assert run_while_there_is_time([near, far]) == pytest.ExitCode.USAGE_ERROR
    assert "passed" not in capfd.readouterr().out


def test_without_time_it_says_what_is_not_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(affected, "SECONDS", -1)
    assert run_while_there_is_time([Touched(2, "tests/vitrine/test_labels.py", "a.py")]) == 0
    assert capfd.readouterr().out.startswith("Not run for want of time: tests/vitrine/test_labels.py.")
