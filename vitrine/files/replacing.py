"""Atomic replacement of files and folders: they are written beside their place, then renamed into it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replace_file(path: Path, partial: Path | None = None, synced: bool = True) -> Iterator[Path]:
    """Yield a path to write to, which replaces `path` when the block succeeds, and is deleted otherwise.

    A reader of `path` finds the old content or the new, also after the process was killed. A link stays one, and a
    file that is replaced keeps its permissions.

    Args:
        path: The file. Its folder is made if it does not exist.
        partial: Where to write, on the same file system; by default `.NAME.partial` beside the file. What a killed
            process left there is overwritten. Two writers of one file need a lock, or separate names.
        synced: Write the content to the disk before the rename, so that the same holds after a power cut.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = partial or target.with_name(f".{target.name}.partial")
    try:
        yield partial
        if target.exists():
            shutil.copymode(target, partial)
        move_file(partial, target, synced)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace the file `path` by one with `text`, in UTF-8."""
    with replace_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def move_file(partial: Path, target: Path, synced: bool = True) -> None:
    """Rename the file `partial` to `target`; see `replace_file` for `synced`."""
    if synced:
        _sync(partial)
    partial.replace(target)
    if synced:
        _sync(target.parent)


@contextmanager
def replace_directory(path: Path) -> Iterator[Path]:
    """Yield a new folder to fill, which replaces `path` when the block succeeds, and is deleted otherwise.

    Between the two renames there is no folder for a moment. The content is not synced: the commands that write
    folders can write them again.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", suffix=".partial", dir=target.parent) as directory:
        fresh = Path(directory) / "new"
        fresh.mkdir()
        yield fresh
        move_directory(fresh, target, Path(directory) / "old")


def move_directory(fresh: Path, target: Path, old: Path) -> None:
    """Rename the folder `target` to `old` if it exists, and `fresh` to `target`; all on one file system.

    Raises:
        OSError: It cannot be renamed; `target` is as it was.
    """
    is_replaced = target.exists()
    if is_replaced:
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if is_replaced:
            old.rename(target)
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
