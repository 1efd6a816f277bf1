"""The hooks of .pre-commit-config.yaml."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, environment

TOOLS = Path(sys.executable).parent
CHECKED_BY_LINT = ("ruff-check", "ruff-format", "mypy", "imports")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's files in a repository of its own, with this environment as `.venv`."""
    folder = tmp_path_factory.mktemp("hooks") / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(TOOLS)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=folder, check=True, timeout=60)
    return folder


def run_hooks(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the hooks on all files, except those that `make lint` also runs."""
    return subprocess.run(
        [TOOLS / "pre-commit", "run", "--all-files", "--show-diff-on-failure"],
        cwd=folder,
        env=environment() | {"SKIP": ",".join(CHECKED_BY_LINT), "PRE_COMMIT_HOME": os.fspath(folder.parent / "home")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_hooks_find_nothing_in_what_is_committed(clone: Path) -> None:
    done = run_hooks(clone)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_refuse_and_mend(clone: Path) -> None:
    (clone / "page.md").write_text("Text.  \n\n\n")
    (clone / "broken.yaml").write_text("key: [1\n")
    subprocess.run(["git", "add", "page.md", "broken.yaml"], cwd=clone, check=True)
    done = run_hooks(clone)
    assert done.returncode == 1
    assert (clone / "page.md").read_text() == "Text.\n"
    assert "broken.yaml" in done.stdout


def test_hooks_need_no_network() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["id"] for hook in hooks} >= set(CHECKED_BY_LINT)
    programs = {Path(hook["entry"].split()[0]) for hook in hooks}
    assert {program.parent for program in programs} == {Path(".venv/bin")}
    assert [program for program in programs if not (TOOLS / program.name).is_file()] == []
