"""Fixtures shared by all tests: the command line, small data, and the one full run of the sample."""

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
from click.testing import CliRunner
from filelock import FileLock
from xdist.scheduler import LoadFileScheduling

from benchmarks.reference.client import Reference
from cli.garbage_collection import no_collection
from cli.main import cli
from vitrine.errors import VitrineError

# On a busy machine any example can be slow, above all the first one, which imports modules.
slow = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("vitrine", deadline=None, suppress_health_check=slow)
hypothesis.settings.load_profile("vitrine")

ROOT = Path(__file__).parents[1]
LONGEST = (
    "tests/pipelines/test_end_to_end.py",  # makes the run of the sample, for which others wait
    "tests/pipelines/tiny_runs/",
    "tests/pipelines/beam/flink/test_cluster.py",
    "tests/pipelines/test_precomputed.py",
    "tests/docs/test_learning.py",
    "tests/modules/",
    "tests/notebooks/",
    "tests/web/",
)
"""Tests that take minutes. They start first, so that at the end no process waits for another."""
TOGETHER = ("tests/apps/", "tests/deploy/", "tests/modules/", "tests/pipelines/tiny_runs/", "tests/web/")
"""Folders whose tests share slow fixtures: each folder runs in one process."""
WHOLE_RUNS = {"sample_run", "tiny_config", "tiny_data"}
"""Fixtures that make a run, or the inputs of one."""
PROGRAM = [sys.executable, "-c", "from cli.main import main; main()"]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Import the test modules, and with them TensorFlow and TFX, without garbage collection, as the commands do."""
    with no_collection():
        return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--within", type=float, metavar="SECONDS", help="skip tests that would start after this time")


START = pytest.StashKey[float]()
"""Start time of the first test."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that start after the limit of `--within`."""
    seconds = item.config.getoption("--within")
    start = item.config.stash.setdefault(START, time.monotonic())
    if seconds is not None and time.monotonic() - start > seconds:
        pytest.skip(f"not started within {seconds:.0f} s")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests that take minutes, and put the longest first."""
    for item in items:
        if item.nodeid.startswith(LONGEST) or WHOLE_RUNS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    places = {path: place for place, path in enumerate(LONGEST)}
    items.sort(key=lambda item: next((places[path] for path in LONGEST if item.nodeid.startswith(path)), len(LONGEST)))


class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A scheduler that runs the tests of a file, or of a folder of `TOGETHER`, in one process."""

    def _split_scope(self, nodeid: str) -> str:
        scope: str = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if scope.startswith(folder)), scope)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Use `Scheduling` if tests are distributed by files."""
    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def environment() -> dict[str, str]:
    """Return this process's environment without the variables that override settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("VITRINE__")}


@pytest.fixture(scope="module", autouse=True)
def _released_memory() -> Iterator[None]:
    """Release what a module's tests have left: each of two processes would take 10 GB by the end."""
    yield
    from pipelines.released_memory import release_memory

    release_memory()


@pytest.fixture(autouse=True)
def _restored_loggers() -> Iterator[None]:
    """Restore the loggers that a command in this process has configured, because later tests read log records."""
    names = ("", "vitrine", "vitrine.gateway.access", "uvicorn", "uvicorn.error")
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in map(logging.getLogger, names)]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.fixture(scope="session")
def reference() -> Iterator[Reference]:
    """PyTorch and its libraries, in a process of their own."""
    with Reference() as process:
        yield process


class Vitrine(Protocol):
    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]: ...


def run_vitrine(*arguments: object, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.fixture(scope="session")
def vitrine() -> Vitrine:
    """The command line in its own process, run from the root of the repository."""
    return run_vitrine


@pytest.fixture(scope="session")
def vitrine_here() -> Vitrine:
    """The command line in this process, where TensorFlow is imported already: for results, not for processes."""
    return run_here


def run_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [str(argument) for argument in arguments]
    hidden = {name: None for name in os.environ if name not in environment()}
    result = CliRunner(env=hidden).invoke(cli, words)
    if isinstance(result.exception, VitrineError):
        return subprocess.CompletedProcess(
            words, result.exception.exit_code, result.stdout, f"{result.stderr}error: {result.exception}\n"
        )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(words, result.exit_code, result.stdout, result.stderr)


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest sample that every node can work with. Tests that change it copy it first."""
    output = tmp_path_factory.mktemp("tiny") / "data"
    done = run_vitrine("sample", "--products", 60, "--queries", 24, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


@dataclass(frozen=True)
class SampleRun:
    """The full run: its data and results, its output, and its duration.

    `torn` is a product whose image was damaged before the run.
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
    """`vitrine sample` and `vitrine run --config configs/sample.yaml`, with defaults, shared by all tests.

    Parallel test processes share it, too: the first one makes it, and the others wait.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    done = shared / "sample" / "run.json"
    with FileLock(shared / "sample.lock"):
        if not done.is_file():
            run = make_sample_run(shared / "sample")
            done.write_text(json.dumps([run.torn, run.arguments, vars(run.printed), run.seconds], default=str))
        torn, arguments, printed, seconds = json.loads(done.read_text())
    folder = done.parent
    completed = subprocess.CompletedProcess(**printed)
    return SampleRun(folder / "data", torn, folder / "run", tuple(arguments), completed, seconds)


def make_sample_run(folder: Path) -> SampleRun:
    """Generate the sample and run the pipeline in the new folder `folder`."""
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
    """Return the end of a run's log, for the message of a failed assertion."""
    log = output / "run.log"
    return log.read_text(encoding="utf-8", errors="replace")[-characters:] if log.is_file() else "no run.log"
