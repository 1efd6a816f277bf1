"""Which runs there are in a folder, and which of them is meant where nobody says."""

import os
from pathlib import Path
from typing import Final

from pipelines.run_directory import RunDirectory
from vitrine.errors import DataError

MARKS: Final = ("report.json", "metadata.db", "serving")
"""A folder that has one of these is a run's."""
ROOT: Final = Path(__file__).parents[1]
RUN_VARIABLE: Final = "VITRINE_RUN"


def find_runs(root: Path) -> list[Path]:
    """The runs in a folder, the last changed first, or the folder itself if it is one.

    Raises:
        DataError: There is no such folder.
    """
    try:
        if is_run(root):
            return [root]
        return sorted((one for one in root.iterdir() if is_run(one)), key=lambda one: one.stat().st_mtime, reverse=True)
    except OSError as error:
        raise DataError(f"The folder {root} cannot be read: {error.strerror}.") from None


def is_run(folder: Path) -> bool:
    """Whether a run wrote to this folder."""
    return any((folder / mark).exists() for mark in MARKS)


def find_recorded(folder: Path) -> list[RunDirectory]:
    """The runs in a folder that have a metadata store, by name, or the folder itself if it is one.

    Raises:
        DataError: There is none.
    """
    candidates = [RunDirectory(folder), *map(RunDirectory, sorted(folder.glob("*/")))]
    found = [candidate for candidate in candidates if candidate.metadata.is_file()]
    if not found:
        raise DataError(f"{folder}: no run there; `vitrine run` makes one, in runs/ unless --output says otherwise")
    return found


def newest_run(root: Path = ROOT / "runs") -> RunDirectory:
    """The run that `VITRINE_RUN` names, or else the last changed one in `root`; relative paths start at the repository.

    Raises:
        DataError: There is none with a metadata store.
    """
    named = os.environ.get(RUN_VARIABLE)
    try:
        known = find_recorded(ROOT / named if named else root)
    except DataError as error:
        raise DataError(f"{error}; {RUN_VARIABLE} names the one to look at") from None
    return max(known, key=lambda directory: directory.output.stat().st_mtime)
