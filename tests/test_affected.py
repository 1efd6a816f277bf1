"""The tests that `make check` chooses."""

import subprocess
from pathlib import Path

import pytest

from tests import affected
from tests.affected import AffectedTest, affected_tests, changed_files, main, nearest, run_within_time_limit
from tests.conftest import ROOT


def files(*changed: str) -> list[str]:
    return [test.test for test in nearest(affected_tests(changed))]


def test_a_module_affects_its_importers_nearest_first() -> None:
    affected_files = files("vitrine/rewriting/units.py")
    assert "tests/vitrine/rewriting/test_rules.py" in affected_files
    assert "tests/vitrine/gateway/test_server.py" in affected_files
    assert affected_files.index("tests/vitrine/rewriting/test_rules.py") < affected_files.index(
        "tests/vitrine/gateway/test_server.py"
    )
    assert "tests/vitrine/serving/batching/test_batcher.py" not in affected_files


def test_a_command_affects_the_tests_that_run_it_in_another_process() -> None:
    assert files("cli/sample.py") == ["tests/cli/test_sample.py"]


def test_a_test_affects_itself_and_a_conftest_those_below() -> None:
    assert files("tests/vitrine/rewriting/test_units.py")[0] == "tests/vitrine/rewriting/test_units.py"
    below = files("tests/vitrine/rewriting/conftest.py")
    assert "tests/vitrine/rewriting/test_llm.py" in below
    assert "tests/vitrine/baselines/test_bm25.py" not in below


def test_a_module_that_is_imported_by_name_affects_the_tests_beside_it() -> None:
    assert "tests/vitrine/data/adapters/test_esci.py" in files("vitrine/data/adapters/sample.py")


def test_every_module_affects_a_test() -> None:
    tree = [
        path.relative_to(ROOT).as_posix() for folder in ("cli", "vitrine") for path in (ROOT / folder).rglob("*.py")
    ]
    assert {test.changed for test in affected_tests(tree)} == set(tree)


def test_other_files_affect_the_tests_of_their_folder_and_those_that_name_them() -> None:
    assert "tests/deploy/test_compose.py" in files("deploy/compose/gateway.yaml")
    assert "tests/pipelines/tiny_runs/test_dvc.py" in files("dvc.yaml")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, in which changes are made."""
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


def test_committed_edited_and_new_files_have_changed(repository: Path) -> None:
    git(repository, "checkout", "-qb", "branch")
    (repository / "committed.py").touch()
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "More")
    (repository / "old.py").write_text("edited")
    for name in ("new.py", "ignored.py"):
        (repository / name).touch()
    assert changed_files("main") == ["committed.py", "new.py", "old.py"]


def test_a_base_that_does_not_exist_is_an_error(repository: Path) -> None:
    with pytest.raises(SystemExit, match=r"Not a valid object name nowhere\n.*make check BASE=origin/main"):
        changed_files("nowhere")


def test_without_changes_no_test_is_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(affected, "changed_files", lambda _: [])
    assert main() == 0
    assert "Changed since main: 0 files. They affect 0 test files.\nNo test was run." in capsys.readouterr().out


def test_near_tests_run_first_and_a_failure_ends_the_check(capfd: pytest.CaptureFixture[str]) -> None:
    near = AffectedTest(2, "tests/test_affected.py::missing", "a.py")
    far = AffectedTest(3, "tests/vitrine/test_labels.py", "a.py")
    assert run_within_time_limit([far]) == 0
    assert " passed" in capfd.readouterr().out
    assert run_within_time_limit([near, far]) == pytest.ExitCode.USAGE_ERROR
    assert "passed" not in capfd.readouterr().out


def test_tests_beyond_the_time_limit_are_named(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(affected, "SECONDS", -1)
    assert run_within_time_limit([AffectedTest(2, "tests/vitrine/test_labels.py", "a.py")]) == 0
    assert capfd.readouterr().out.startswith("Not run within the time limit: tests/vitrine/test_labels.py.")
