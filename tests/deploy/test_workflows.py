import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.dockerfile import ROOT, instructions
from tests.deploy.test_images import LOCK, imported
from tests.waiting import HANG_SECONDS

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ISSUES = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(file for file in ISSUES.glob("*.yml") if file.stem != "config")
SHELLCHECK = shutil.which("shellcheck")
each_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def jobs(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())["jobs"]


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(file).values() for step in job.get("steps", [])]


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        *(("github-workflows", file) for file in FILES),
        *(("github-issue-forms", file) for file in FORMS),
        ("github-issue-config", ISSUES / "config.yml"),
        ("dependabot", ROOT / ".github" / "dependabot.yml"),
    ],
    ids=lambda value: getattr(value, "stem", value),
)
def test_it_is_of_its_schema(schema: str, file: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_action_is_one_commit_everywhere() -> None:
    uses = [line for file in FILES for line in file.read_text().splitlines() if "uses: " in line and "./" not in line]
    pinned = [re.search(r"uses: ([\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", line) for line in uses]
    assert all(pinned), uses
    commits = {(pin[1], pin[2], pin[3]) for pin in pinned if pin}
    assert len({name for name, _, _ in commits}) == len(commits)


@each_workflow
def test_a_job_may_do_only_what_it_says_and_ends(file: Path) -> None:
    workflow = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert "timeout-minutes" in job or "uses" in job


@each_workflow
def test_nothing_from_outside_becomes_a_command(file: Path) -> None:
    # `${{ … }}` is put into a script before the shell reads it; what is in the environment is not.
    assert not [step["run"] for step in steps(file) if "${{" in step.get("run", "")]
    for step in steps(file):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@each_workflow
def test_files_in_commands_exist(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for step in steps(file):
        run = step.get("run", "")
        assert set(re.findall(r"\bmake ([a-z-]+)", run)) <= targets
        for name in re.findall(r"(?:deploy|tests|web)/[\w./-]+", run):
            assert (ROOT / name).exists() or name == "web/dist", name


def test_images_are_built_from_files_and_stages_that_are_there() -> None:
    matrix = jobs(ROOT / ".github" / "workflows" / "images.yml")["build"]["strategy"]["matrix"]["include"]
    for image in matrix:
        file = ROOT / "deploy" / "images" / f"{image['file']}.Dockerfile"
        assert image["target"] in {instruction.stage for instruction in instructions(file)}
    assert {image["file"] for image in matrix} == {
        file.stem for file in (ROOT / "deploy" / "images").glob("*.Dockerfile")
    }


def test_a_space_has_what_its_app_imports(tmp_path: Path) -> None:
    folder = tmp_path / "space"
    subprocess.run(["sh", "deploy/space/assemble.sh", str(folder)], cwd=ROOT, check=True, timeout=HANG_SECONDS)
    head = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    assert (head["sdk"], head["sdk_version"]) == ("gradio", LOCK["gradio"])
    required = dict(line.split("==") for line in (folder / "requirements.txt").read_text().splitlines())
    assert required.items() <= LOCK.items()
    apps = list(folder.glob("*.py"))
    assert folder / head["app_file"] in apps
    available = {"gradio", *required, *(app.stem for app in apps)}
    assert {name.lower().replace("pil", "pillow") for app in apps for name in imported(app)} <= available


@pytest.mark.skipif(SHELLCHECK is None, reason="needs shellcheck")
def test_shellcheck_finds_nothing_in_scripts() -> None:
    scripts = [str(file) for file in (ROOT / "deploy").rglob("*.sh")]
    done = subprocess.run(
        [str(SHELLCHECK), "--severity=warning", *scripts],
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(SHELLCHECK is None, reason="needs shellcheck")
@each_workflow
def test_shellcheck_finds_nothing_in_a_workflow(file: Path) -> None:
    for step in steps(file):
        if "run" in step:
            command = [str(SHELLCHECK), "--shell=bash", "-"]
            done = subprocess.run(
                command, input=step["run"], capture_output=True, text=True, timeout=HANG_SECONDS, check=False
            )
            assert done.returncode == 0, done.stdout
