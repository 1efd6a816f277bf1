"""Fixtures shared by all tests: the command line as people run it, small data, and the one full run of the sample."""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import hypothesis
import pytest
from filelock import FileLock
from xdist.scheduler import LoadFileScheduling

from benchmarks.reference.client import Reference
from cli.garbage_collection import no_collection

# On a busy machine any example can take long, the first one most of all, which imports what it needs.
slow = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("vitrine", deadline=None, suppress_health_check=slow)
hypothesis.settings.load_profile("vitrine")

ROOT = Path(__file__).parents[1]
LONGEST = (
    "tests/pipelines/test_end_to_end.py",  # makes the run of the sample, which others wait for
    "tests/pipelines/tiny_runs/",
    "tests/pipelines/test_precomputed.py",
    "tests/modules/",
    "tests/notebooks/",
    "tests/web/",
)
"""What takes minutes. It is begun first, so that at the end no process waits for another."""
TOGETHER = ("tests/apps/", "tests/deploy/", "tests/modules/", "tests/pipelines/tiny_runs/", "tests/web/")
"""Folders whose tests share what takes long to make: one process has all of them."""
WHOLE_RUNS = {"sample_run", "tiny_config", "tiny_data"}
"""Fixtures that make a run, or are for making one."""
PROGRAM = [sys.executable, "-c", "from cli.main import main; main()"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import what test modules import, TensorFlow and TFX, as the commands do."""
    with no_collection():
        return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--within", type=float, metavar="SECONDS", help="skip tests that would begin later than that")


BEGUN = pytest.StashKey[float]()
"""When the first test began."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is not begun in time."""
    seconds = item.config.getoption("--within")
    begun = item.config.stash.setdefault(BEGUN, time.monotonic())
    if seconds is not None and time.monotonic() - begun > seconds:
        pytest.skip(f"not begun within {seconds:.0f} s")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes minutes, and put the longest first."""
    for item in items:
        if item.nodeid.startswith(LONGEST) or WHOLE_RUNS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    places = {path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: next((places[path] for path in LONGEST if item.nodeid.startswith(path)), len(LONGEST)))


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """The tests of a file, or of a folder of `TOGETHER`, run in one process."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if scope.startswith(folder)), scope)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Distribute tests by `Scheduling` where they are to be distributed by files."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def environment() -> dict[str, str]:
    """This process's environment without what would override configurations."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VITRINE__")}


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    """Undo what a command that ran in this process did to the loggers: later tests read what is logged."""
    names = ("", "vitrine", "vitrine.gateway.access", "uvicorn", "uvicorn.error")
    before = [(one, one.handlers[:], one.level, one.propagate) for one in map(logging.getLogger, names)]
    yield
    for one, handlers, level, propagate in before:
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.fixture(scope="session")
def reference() -> Iterator[Reference]:
    """PyTorch and what stands on it, in a process of their own."""
    with Reference() as asked:
        yield asked


class Vitrine(Protocol):
    def __call__(self, *arguments: object, timeout: float = 900) -> subprocess.CompletedProcess[str]: ...


def run_vitrine(*arguments: object, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.fixture(scope="session")
def vitrine() -> Vitrine:
    """Runs the real command line in its own process, from the root of the repository."""
    return run_vitrine


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest sample that every node can work with. Tests that change it copy it first."""
    output = tmp_path_factory.mktemp("tiny") / "data"
    done = run_vitrine("sample", "--products", 60, "--queries", 24, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


@dataclass(frozen=True)
class SampleRun:
    """The full run: where its data and its results are, what it printed, and how long it took.

    `torn` is a product whose picture was damaged beforehand.
    """

    data: Path
    torn: str
    output: Path
    arguments: tuple[object, ...]
    printed: subprocess.CompletedProcess[str]
    seconds: float

    @property
    def serving(self) -> Path:
        return self.output / "serving"

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.output / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """`vitrine sample` and `vitrine run --config configs/sample.yaml`, with defaults: minutes, shared by all tests.

    Processes that run tests side by side share it, too: the first one makes it, the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    done = shared / "sample" / "run.json"
    with FileLock(shared / "sample.lock"):
        if not done.is_file():
            made = make_sample_run(shared / "sample")
            done.write_text(json.dumps([made.torn, made.arguments, vars(made.printed), made.seconds], default=str))
        torn, arguments, printed, seconds = json.loads(done.read_text())
    folder = done.parent
    completed = subprocess.CompletedProcess(**printed)
    return SampleRun(folder / "data", torn, folder / "run", tuple(arguments), completed, seconds)


def make_sample_run(folder: Path) -> SampleRun:
    """Sample and run into `folder`, which need not exist."""
    folder.mkdir()
    data, output = folder / "data", folder / "run"
    sampled = run_vitrine("sample", "--output", data)
    assert sampled.returncode == 0, sampled.stderr
    torn = min((data / "images").iterdir())
    torn.write_bytes(b"torn" + torn.read_bytes()[:100])
    arguments = ("run", "--config", "configs/sample.yaml", "--set", f"data.dir={data}", "--output", output)
    started = time.monotonic()
    printed = run_vitrine(*arguments, timeout=3000)
    seconds = time.monotonic() - started
    assert printed.returncode == 0, f"{printed.stderr}\n{log_end(output)}"
    return SampleRun(data, torn.stem, output, arguments, printed, seconds)


def log_end(output: Path, characters: int = 4000) -> str:
    """The end of a run's log, for the message of a failed assertion."""
    log = output / "run.log"
    return log.read_text(encoding="utf-8", errors="replace")[-characters:] if log.is_file() else "no run.log"
