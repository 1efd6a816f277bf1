"""One folder for all runs of little data: a clone of the repository, so that DVC can use the runs' outputs.

A run is killed in the middle, taken up again and refused, let through, and repaired.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROGRAM, ROOT, environment, log_end
from tests.waiting import HANG_SECONDS

RESOLVERS = {"EarlierEmbeddings", "EarlierFeatures", "LatestBlessedModel", "ServedModel", "ServedStatistics"}
"""The nodes that are never cached."""


@dataclass(frozen=True)
class Step:
    """The result of one process: its output, its report (None if it wrote none), and the versions under `serving`."""

    returncode: int
    printed: str
    errors: str
    report: dict[str, Any] | None
    text: str
    serving: list[str]


def step(output: Path, returncode: int, printed: str, errors: str = "") -> Step:
    report = output / "report.json"
    text = output / "report.md"
    return Step(
        returncode,
        printed,
        errors,
        json.loads(report.read_text(encoding="utf-8")) if report.exists() else None,
        text.read_text(encoding="utf-8") if text.exists() else "",
        sorted(path.relative_to(output / "serving").as_posix() for path in (output / "serving").glob("*/*")),
    )


@dataclass(frozen=True)
class Clone:
    """The repository's files as they are, with `configs/sample.yaml` of a tiny run."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "runs" / "sample"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: `vitrine` and `dvc` are this environment's, with the clone's code."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return environment() | {"PATH": path, "PYTHONPATH": str(self.folder), "GIT_CONFIG_GLOBAL": os.devnull}

    @property
    def settings(self) -> list[str]:
        """The options that `dvc.yaml` takes from `params.yaml` for its run."""
        known = yaml.safe_load((self.folder / "params.yaml").read_text(encoding="utf-8"))
        settings = {"encoder.training.epochs": known["encoder"]["training"]["epochs"]}
        settings |= {f"trainer.{name}": value for name, value in known["trainer"].items()}
        return [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]

    @property
    def command(self) -> list[str]:
        """The run of `dvc.yaml`."""
        return self._command("run", self.output)

    def _command(self, subcommand: str, output: Path) -> list[str]:
        return [*PROGRAM, subcommand, "--config", "configs/sample.yaml", "--output", str(output), *self.settings]

    def run(self, *more: str, subcommand: str = "run", output: Path | None = None) -> Step:
        output = output or self.output
        command = [*self._command(subcommand, output), *more]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False
        )
        assert done.returncode != 1, f"{done.stderr}\n{log_end(output)}"
        return step(output, done.returncode, done.stdout, done.stderr)

    def ran(self, *command: str, folder: Path | None = None) -> str:
        """Run a command in the clone, or another `folder`, and return its output."""
        names = ("-c", "user.name=tests", "-c", "user.email=tests@example.com")
        command = (command[0], *names, *command[1:]) if command[0] == "git" else command
        done = subprocess.run(
            command, cwd=folder or self.folder, env=self.environment, capture_output=True, text=True, timeout=900,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def change(self, parameters: Mapping[str, Mapping[str, int]]) -> None:
        path = self.folder / "params.yaml"
        known = yaml.safe_load(path.read_text(encoding="utf-8"))
        for section, values in parameters.items():
            known[section] |= values
        path.write_text(yaml.safe_dump(known), encoding="utf-8")


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory, tiny_config: Path) -> Clone:
    """A clone after DVC's first stage, which makes the data."""
    clone = Clone(tmp_path_factory.mktemp("clone") / "clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (clone.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, clone.folder / name)
    settings = yaml.safe_load(tiny_config.read_text(encoding="utf-8")) | {"data": {"dir": "data/sample"}}
    (clone.folder / "configs" / "sample.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    clone.change({"sample": {"products": 60, "queries": 24, "seed": 0}, "trainer": {"epochs": 2}})
    clone.ran("git", "init", "-q")
    clone.ran("dvc", "remote", "modify", "--local", "local", "url", str(clone.folder.parent / "remote"))
    assert "Running stage 'prepare'" in clone.ran("dvc", "repro", "prepare")
    return clone


@pytest.fixture(scope="session")
def killed(clone: Clone) -> Step:
    """A run that is killed during EmbeddingGen."""
    command = [*clone.command, "--set", "retrieval.above_random=1.5"]
    process = subprocess.Popen(
        command, cwd=clone.folder, env=clone.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seen = ""
    assert process.stdout is not None
    for line in process.stdout:
        seen += line
        if "✓ ClipTrainer" in line:
            process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return step(clone.output, process.wait(timeout=HANG_SECONDS), seen)


@pytest.fixture(scope="session")
def refused(clone: Clone, killed: Step) -> Step:
    """The same command again, with a threshold that no model reaches."""
    return clone.run("--set", "retrieval.above_random=1.5")


@pytest.fixture(scope="session")
def pushed(clone: Clone, refused: Step) -> Step:
    """The same command again, with the threshold of the configuration file."""
    return clone.run()


@pytest.fixture(scope="session")
def repaired(clone: Clone, pushed: Step) -> Step:
    """The same command again, after the version of the index was deleted."""
    (deleted,) = (clone.output / "serving" / "index").iterdir()
    shutil.rmtree(deleted)
    return clone.run()
