"""What the person sees: our own lines and bars on the terminal, everybody else's output in a file."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.loading import loading

if TYPE_CHECKING:
    from rich.console import Console


def quiet_tensorflow() -> None:
    """Import TensorFlow and start its devices, keeping the notices that it prints meanwhile off the terminal.

    No environment variable stops those written before its logging is up. If the import fails, they are shown.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with tempfile.TemporaryFile() as notices:
        try:
            with _redirected(notices.fileno()), loading():
                import tensorflow as tf

                tf.config.list_logical_devices()
        except BaseException:
            notices.seek(0)
            sys.stderr.write(notices.read().decode(errors="replace"))
            raise
        tf.get_logger().setLevel("ERROR")


@contextlib.contextmanager
def output_to(log: Path) -> Iterator["Console"]:
    """Send all that is written to standard output and error to `log`, and yield a console for the terminal itself.

    It works on the descriptors, since the C++ parts of TensorFlow and gRPC write there past Python.
    """
    from rich.console import Console

    screen = os.dup(1)
    with log.open("ab") as file, os.fdopen(screen, "w", encoding="utf-8") as terminal, _redirected(file.fileno()):
        yield Console(file=terminal)


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on the terminal what takes so long; on a descriptor of its own, which `_redirected` spares."""
    from rich.console import Console

    with os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal, Console(file=terminal).status(what):
        yield


@contextlib.contextmanager
def _redirected(target: int) -> Iterator[None]:
    """Make the descriptors 1 and 2 write to `target` for a while."""
    saved = os.dup(1), os.dup(2)
    _flush()
    os.dup2(target, 1)
    os.dup2(target, 2)
    try:
        yield
    finally:
        _flush()
        for original, descriptor in zip(saved, (1, 2), strict=True):
            os.dup2(original, descriptor)
            os.close(original)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
