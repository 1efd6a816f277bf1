"""Separation of our own terminal output from that of libraries, which goes to a file."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.garbage_collection import no_collection

if TYPE_CHECKING:
    from rich.console import Console


def quiet_tensorflow() -> None:
    """Import TensorFlow and initialise its devices without its notices on the terminal.

    No environment variable hides the notices that are written before its logging is initialised. If the import fails,
    they are shown; not if it is interrupted.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with tempfile.TemporaryFile() as notices:
        try:
            with _redirected(notices.fileno()), no_collection():
                import tensorflow as tf

                tf.config.list_logical_devices()
        except Exception:
            notices.seek(0)
            sys.stderr.write(notices.read().decode(errors="replace"))
            raise
        tf.get_logger().setLevel("ERROR")


@contextlib.contextmanager
def output_to(log: Path) -> Iterator["Console"]:
    """Redirect standard output and error to `log`, and yield a console for the terminal.

    The file descriptors are redirected, because the C++ code of TensorFlow and gRPC does not write through Python.
    """
    from rich.console import Console

    terminal_descriptor = os.dup(1)
    with (
        log.open("ab") as file,
        os.fdopen(terminal_descriptor, "w", encoding="utf-8") as terminal,
        _redirected(file.fileno()),
    ):
        yield Console(file=terminal)


@contextlib.contextmanager
def show_status(text: str) -> Iterator[None]:
    """Show `text` with a spinner during the block, on a descriptor that `_redirected` does not redirect."""
    from rich.console import Console

    with os.fdopen(os.dup(2), "w", encoding="utf-8") as terminal, Console(file=terminal).status(text):
        yield


@contextlib.contextmanager
def _redirected(target: int) -> Iterator[None]:
    """Redirect the descriptors 1 and 2 to `target` during the block."""
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


def load_tensorflow(serving: Path, verbose: bool) -> None:
    """Load TensorFlow for the newest version of a serving directory, without its notices unless `verbose`.

    Raises:
        DataError: There is no version, before anything is loaded.
    """
    from vitrine.search.local_client import newest_version

    newest_version(serving)
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with show_status("loading TensorFlow"), no_collection():
            quiet_tensorflow()
