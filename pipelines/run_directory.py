"""The directory of a local run: its files, its lock, and its temporary files; and the errors of its nodes."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine import errors
from vitrine.errors import ConfigError, VitrineError
from vitrine.files import locking

PATTERN: Final = re.compile(r"[*?\[\]]")
WORKER_ERROR: Final = re.compile(r"^vitrine\.errors\.(\w+): (.+)$", re.MULTILINE)
"""The last line of a traceback, the only part that another process returns."""


@dataclass(frozen=True)
class RunDirectory:
    """The paths of a local run, all below one directory."""

    output: Path

    @property
    def artifacts(self) -> Path:
        """The pipeline root: every artifact of every node."""
        return self.output / "artifacts"

    @property
    def metadata(self) -> Path:
        """The metadata store, a sqlite file."""
        return self.output / "metadata.db"

    @property
    def serving(self) -> Path:
        """The serving directory, which the Pushers push to."""
        return self.output / "serving"

    @property
    def benchmark(self) -> Path:
        """The figures of `vitrine benchmark`."""
        return self.output / "benchmark"

    @property
    def tracking(self) -> str:
        """MLflow's store, unless the settings name another."""
        return f"sqlite:///{self.output.resolve()}/mlflow.db"

    @property
    def memory(self) -> Path:
        """The peak memory of each node."""
        return self.output / "memory.json"

    @property
    def lock(self) -> Path:
        """The file that a run locks while it runs."""
        return self.output / ".lock"

    def of_cycle(self, cycle: int) -> "RunDirectory":
        """Return the directory of a cycle of the loop, by its number, with the log and the report of its run.

        Artifacts and metadata are not there: runs share them, and take what has not changed from one another.
        """
        return RunDirectory(self.output / "cycles" / str(cycle))

    @property
    def log(self) -> Path:
        """The output of TensorFlow, Beam and TFX."""
        return self.output / "run.log"


@contextlib.contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Create the directory and lock it for this process. Raises ConfigError if it cannot, or another run holds it."""
    if found := PATTERN.search(str(output.resolve())):
        raise ConfigError(
            f"{output.resolve()}: TFX takes the {found[0]} of a path for a pattern; set an --output without any of *?[]"
        )
    lock = RunDirectory(output).lock
    with contextlib.ExitStack() as stack:
        try:
            output.mkdir(parents=True, exist_ok=True)
            lock.touch()
            stack.enter_context(locking.exclusive(lock))
        except locking.LockedError:
            raise ConfigError(f"{output}: another run is using this directory; wait for it, or set --output") from None
        except OSError as error:
            raise ConfigError(
                f"{output}: not a directory that can be written to: {error.strerror}; set another --output"
            ) from None
        yield


FEAST_METRICS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable of the folder of metrics that Feast makes, among temporary files, when it is imported."""


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Redirect temporary files to a folder that is removed at the end: Beam and TFX leave theirs behind."""
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="vitrine-", ignore_cleanup_errors=True) as directory:
        tempfile.tempdir = os.environ["TMPDIR"] = directory
        try:
            yield
        finally:
            tempfile.tempdir = before[0]
            if before[1] is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before[1]
            if os.environ.get(FEAST_METRICS, "").startswith(directory):
                del os.environ[FEAST_METRICS]  # processes that are started later would look for the folder


def plain_error(error: BaseException) -> VitrineError | None:
    """Return the VitrineError that Beam and TFX wrapped in other exceptions, if there is one.

    If Beam's workers are separate processes, it is found in the text of their tracebacks.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, VitrineError):
            return _as_raised(type(link), str(link))
    for name, message in (match for link in chain for match in reversed(WORKER_ERROR.findall(str(link)))):
        return _as_raised(getattr(errors, name), message)
    return None


def first_line(error: BaseException) -> str:
    """Return what a report says of an error: all of one of ours, and the type and first line of another."""
    if isinstance(error, VitrineError):
        return str(error)
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _as_raised(kind: type[VitrineError], message: str) -> VitrineError:
    return kind(message.split(" [while running")[0])  # Beam appends the step's name to what it re-raises
