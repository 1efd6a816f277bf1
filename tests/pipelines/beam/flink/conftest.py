"""A Flink cluster of two task managers, each in a network namespace of its own, for the tests of this folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.flink.console import Console
from pipelines.beam.settings import BeamSettings, FlinkSettings
from tests.conftest import ROOT
from tests.waiting import HANG_SECONDS

TELL = "import json, os; print(json.dumps(dict(os.environ)), flush=True); input()"
"""A command that tells the cluster's addresses, and ends with its standard input."""

NO_NAMESPACES = ("unshare failed", "Operation not permitted", "RTNETLINK answers", "Unknown device type")
"""Messages of `unshare` and `ip` where a machine has no network namespaces, or no pairs of network devices."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its settings and its logs."""

    flink: FlinkSettings
    logs: Path

    @property
    def console(self) -> Console:
        """Its REST API."""
        return Console(self.flink.rest)

    def beam(self, stall_minutes: float = 5, **flink: object) -> BeamSettings:
        """Return settings for it, with other ones of the section `flink`."""
        section = FlinkSettings.model_validate({**self.flink.model_dump(), **flink})
        return BeamSettings(runner="flink", flink=section, stall_minutes=stall_minutes)

    def arguments(self, name: str, stall_minutes: float = 5, **flink: object) -> list[str]:
        """Return Beam's arguments for a job with this name."""
        return [*beam_arguments(self.beam(stall_minutes, **flink)), f"--job_name={name}"]

    def job(self, name: str) -> str:
        """Return the id of the newest job with this name."""
        jobs = self.console._get("/jobs/overview")["jobs"]
        named = [job for job in jobs if job["name"].rpartition("-")[0] == name]
        return max(named, key=lambda job: job["start-time"], default={"jid": ""})["jid"]

    def process(self, task_manager: str) -> int:
        """Return the process id of a task manager."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_text().split("\0")
            except OSError:
                continue
            own = f"taskmanager.resource-id={task_manager}" in command
            if own and Path(command[0]).name == "java" and any(str(self.logs) in word for word in command):
                return int(folder.name)
        raise AssertionError(f"no process of {task_manager}")


@pytest.fixture(scope="session")
def parts() -> Path:
    """The folder of Flink and the job server's jars, filled if it is not; without Java and Maven tests are skipped."""
    folder = Path(os.environ.get("VITRINE_FLINK_PARTS", f"{sys.prefix}-flink"))
    for tool in ("java", "mvn", "ip", "unshare"):
        if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin"):
            pytest.skip(f"a Flink cluster needs {tool}")
    setup = ["sh", str(ROOT / "deploy/flink/setup.sh"), sys.prefix, str(folder)]
    made = subprocess.run(setup, cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS)
    if made.returncode:
        pytest.skip(f"no parts of a Flink cluster: {made.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(scope="session")
def cluster(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    logs = tmp_path_factory.mktemp("flink")
    command = [sys.executable, str(ROOT / "deploy/flink/cluster.py"), "--home", str(parts), "--logs", str(logs)]
    process = subprocess.Popen(
        [*command, "--", sys.executable, "-c", TELL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    told = process.stdout.readline()
    if not told:
        _, errors = process.communicate(timeout=HANG_SECONDS)
        if any(sign in errors for sign in NO_NAMESPACES):
            pytest.skip(f"no network namespaces: {errors.strip()[-300:]}")
        raise AssertionError(errors)
    prefix = "VITRINE__BEAM__FLINK__"
    settings = {key.removeprefix(prefix).lower(): value for key, value in json.loads(told).items() if prefix in key}
    try:
        yield Cluster(FlinkSettings.model_validate(settings), logs)
    finally:
        process.communicate("\n", timeout=HANG_SECONDS)
