"""Discovery of runs in a folder, and the default run of notebooks."""

import os
from pathlib import Path
from typing import Final

from pipelines.run_directory import RunDirectory
from vitrine.errors import DataError

RUN_FILES: Final = ("report.json", "metadata.db", "serving")
"""A folder with one of these is a run's directory."""
ROOT: Final = Path(__file__).parents[1]
RUN_VARIABLE: Final = "VITRINE_RUN"


def find_runs(root: Path) -> list[Path]:
    """Return the runs in a folder, the last changed first, or the folder itself if it is one.

    Raises:
        DataError: There is no such folder.
    """
    try:
        if is_run(root):
            return [root]
        runs = [folder for folder in root.iterdir() if is_run(folder)]
        return sorted(runs, key=lambda run: run.stat().st_mtime, reverse=True)
    except OSError as error:
        raise DataError(f"The folder {root} cannot be read: {error.strerror}.") from None


def is_run(folder: Path) -> bool:
    """Return whether a run wrote to this folder."""
    return any((folder / name).exists() for name in RUN_FILES)


def find_runs_with_metadata(folder: Path) -> list[RunDirectory]:
    """Return the runs in a folder that have a metadata store, by name, or the folder itself if it is one.

    Raises:
        DataError: There is none.
    """
    candidates = [RunDirectory(folder), *map(RunDirectory, sorted(folder.glob("*/")))]
    runs = [candidate for candidate in candidates if candidate.metadata.is_file()]
    if not runs:
        raise DataError(f"{folder}: no run there; `vitrine run` makes one, in runs/ unless --output says otherwise")
    return runs


def newest_run(root: Path = ROOT / "runs") -> RunDirectory:
    """Return the run that `VITRINE_RUN` names, or else the last changed one in `root`.

    Relative paths start at the repository.

    Raises:
        DataError: There is none with a metadata store.
    """
    named = os.environ.get(RUN_VARIABLE)
    try:
        runs = find_runs_with_metadata(ROOT / named if named else root)
    except DataError as error:
        raise DataError(f"{error}; {RUN_VARIABLE} names the run to use") from None
    return max(runs, key=lambda directory: directory.output.stat().st_mtime)
