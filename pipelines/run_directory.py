"""Runs the pipeline in this process with LocalDagRunner and a sqlite metadata store."""

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

OF_A_WORKER: Final = re.compile(r"^vitrine\.errors\.(\w+): (.+)$", re.MULTILINE)
"""The last line of a traceback, which is all that comes back from another process."""


@dataclass(frozen=True)
class RunDirectory:
    """Where a local run keeps its things, all below one directory."""

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
        """Where the Pushers push to."""
        return self.output / "serving"

    @property
    def tracking(self) -> str:
        """MLflow's store, unless the configuration names another."""
        return f"sqlite:///{self.output.resolve()}/mlflow.db"

    @property
    def memory(self) -> Path:
        """The most memory that each node held."""
        return self.output / "memory.json"

    @property
    def lock(self) -> Path:
        """The file that a run holds for as long as it takes."""
        return self.output / ".lock"

    @property
    def log(self) -> Path:
        """What TensorFlow, Beam and TFX print."""
        return self.output / "run.log"


@contextlib.contextmanager
def exclusive(output: Path) -> Iterator[None]:
    """Make the directory and hold it for this process. Raises ConfigError where it cannot, or another run holds it."""
    lock = RunDirectory(output).lock
    with contextlib.ExitStack() as stack:
        try:
            output.mkdir(parents=True, exist_ok=True)
            lock.touch()
            stack.enter_context(locking.exclusive(lock))
        except locking.LockedError:
            raise ConfigError(f"{output}: another run is using this directory; wait for it, or give --output") from None
        except OSError as error:
            raise ConfigError(
                f"{output}: not a directory that can be written to: {error.strerror}; give another --output"
            ) from None
        yield


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Give temporary files a folder that goes at the end: Beam and TFX leave theirs behind."""
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


def plain_error(error: BaseException) -> VitrineError | None:
    """Return the VitrineError at the bottom of what Beam and TFX wrapped around it, if there is one.

    Where Beam's workers are processes of their own, it is in the text of their tracebacks.
    """
    chain = list(_chain(error))
    for seen in chain:
        if isinstance(seen, VitrineError):
            return _as_raised(type(seen), str(seen))
    for name, message in (found for seen in chain for found in reversed(OF_A_WORKER.findall(str(seen)))):
        return _as_raised(getattr(errors, name), message)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _as_raised(kind: type[VitrineError], message: str) -> VitrineError:
    return kind(message.split(" [while running")[0])  # Beam appends the step's name to whatever it raises again
