"""Spans: numbered folders of a data folder, each with the judgements or the catalogue of a period.

The layout is TFX's `span-{SPAN}` with an optional `version-{VERSION}` below it, of which the highest counts:

    judgements/{train,eval}/*.csv                      without a span: always part of the window, and the oldest
    judgements/span-7/{train,eval}/*.csv
    judgements/span-8/version-2/{train,eval}/*.csv     span 8, corrected
    catalogue/span-8/*.csv                             a whole catalogue; the newest one counts

Paths are strings, as they may be URIs of a bucket.
"""

import errno
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

from vitrine.data.columns import SPLITS
from vitrine.errors import DataError

Folder = Literal["judgements", "catalogue"]
SpanFiles = Mapping[str, Mapping[int, list[str]]]
"""Files of judgements by split and by span, the newest span first."""
BASE: Final = -1
"""The number of the files that are in no span."""
WINDOW: Final = re.compile(r"all|last [1-9]\d{0,5}")
_FOLDER: Final = re.compile(r"/span-(\d{1,18})/(?:version-(\d{1,18})/)?")
_SPAN: Final = re.compile(r"span-(\d{1,18})")


def check_window(window: str | None) -> str | None:
    """Return a valid window of spans: None, `all` or `last N`. Raises ValueError otherwise."""
    if window is not None and not WINDOW.fullmatch(window):
        raise ValueError("expected 'all', or 'last N' with N from 1 on, such as 'last 30'")
    return window


def files_by_span(files: Iterable[str]) -> dict[int, list[str]]:
    """Group files by the number of their span, the newest first; of each span, those of its highest version.

    Files that are in no span have the number `BASE`, and are last.
    """
    versions: dict[int, dict[int, list[str]]] = {}
    for file in sorted(files):
        match = _FOLDER.search(file)
        span, version = (int(match[1]), int(match[2] or 0)) if match else (BASE, 0)
        versions.setdefault(span, {}).setdefault(version, []).append(file)
    return {span: versions[span][max(versions[span])] for span in sorted(versions, reverse=True)}


def folder_of(file: str) -> str:
    """Return the name of the folder that a file is in: the split of a file of judgements."""
    return file.rpartition("/")[0].rpartition("/")[2]


def span_names(spans: Mapping[int, list[str]]) -> dict[str, list[str]]:
    """Return the files of each span, without those in none, by its number and version, such as `8` and `8/2`."""
    names = {}
    for span, files in spans.items():
        if span != BASE and (match := _FOLDER.search(files[0])):
            names[f"{span}/{int(match[2])}" if match[2] else str(span)] = files
    return names


def in_window(spans: Mapping[int, list[str]], window: str) -> dict[int, list[str]]:
    """Return the spans in a `window`, and the files that are in no span.

    `last N` are the N highest numbers that exist, so that a period without data narrows no window.
    """
    numbers = [span for span in spans if span != BASE]
    count = len(numbers) if window == "all" else int(window.removeprefix("last "))
    return {span: files for span, files in spans.items() if span in numbers[:count] or span == BASE}


def newest(spans: Mapping[int, list[str]]) -> dict[int, list[str]]:
    """Return the newest span alone; the files that are in none, if there is no span."""
    return dict([max(spans.items())]) if spans else {}


def patterns(pattern: str) -> tuple[str, ...]:
    """Return the patterns of the files in no span, in spans, and in their versions, of `FOLDER/REST`."""
    folder, _, rest = pattern.partition("/")
    if not rest:
        return (pattern,)
    return pattern, f"{folder}/span-*/{rest}", f"{folder}/span-*/version-*/{rest}"


def local_files(data: Path, pattern: str) -> dict[int, list[str]]:
    """Return the files of a data folder on this machine that match a pattern, `files_by_span`."""
    return files_by_span(str(path) for part in patterns(pattern) for path in data.glob(part))


def judgement_files(data: Path) -> dict[str, dict[int, list[str]]]:
    """Return the files of judgements of a data folder on this machine, as `SpanFiles`.

    The highest version of a span replaces the others in both splits, also where it has files of one split only.
    """
    spans = local_files(data, "judgements/*/*.csv")
    return {split: _of_split(spans, split) for split in SPLITS}


def split_window(spans: SpanFiles, window: str) -> tuple[SpanFiles, SpanFiles]:
    """Return the files in a window, which counts the spans of all splits, and those of the spans before it."""
    numbers = sorted({span for of_split in spans.values() for span in of_split}, reverse=True)
    inside = in_window({span: [] for span in numbers}, window)
    return (
        {split: {span: files for span, files in of.items() if span in inside} for split, of in spans.items()},
        {split: {span: files for span, files in of.items() if span not in inside} for split, of in spans.items()},
    )


def _of_split(spans: Mapping[int, list[str]], split: str) -> dict[int, list[str]]:
    matching = {span: [file for file in files if folder_of(file) == split] for span, files in spans.items()}
    return {span: files for span, files in matching.items() if files}


def catalogue_files(data: Path) -> list[Path]:
    """Return the files of the newest catalogue of a data folder, in order."""
    return [Path(file) for files in newest(local_files(data, "catalogue/*.csv")).values() for file in files]


def span_numbers(data: Path, folder: Folder) -> list[int]:
    """Return the numbers of the spans of a data folder, ascending."""
    matches = (_SPAN.fullmatch(path.name) for path in (data / folder).glob("span-*"))
    return sorted(int(match[1]) for match in matches if match)


def has_spans(data: Path) -> bool:
    """Return whether a data folder has a span of judgements or of the catalogue."""
    return any(span_numbers(data, folder) for folder in get_args(Folder))


@contextmanager
def new_span(data: Path, folder: Folder, number: int | None = None) -> Iterator[Path]:
    """Yield a folder to fill, which becomes a span of `data / folder` if the block succeeds, and is deleted otherwise.

    A reader finds the whole span or none of it, also after the process was killed.

    Args:
        data: The data folder; it is made if it does not exist.
        folder: The kind of files.
        number: The number of the span; by default the one after the newest, and 1 for the first.

    Raises:
        DataError: The span exists.
    """
    parent = data / folder
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".span.", suffix=".partial", dir=parent) as directory:
        filled = Path(directory) / "new"
        filled.mkdir()
        yield filled
        chosen = max(span_numbers(data, folder), default=0) + 1 if number is None else number
        while not _renamed(filled, parent / f"span-{chosen}"):
            if number is not None:
                raise DataError(
                    f"{parent}/span-{number} exists; a corrected span is a version of it, span-{number}/version-1"
                )
            chosen += 1  # another process has written this one meanwhile


def leave_out(data: Path, folder: Folder, number: int) -> Path:
    """Rename a span so that no window has it; return its new place. Renamed back, it counts again.

    Raises:
        DataError: There is no such span, or it was left out before.
    """
    span, target = data / folder / f"span-{number}", data / folder / f"left-out-{number}"
    if not span.is_dir():
        known = ", ".join(map(str, span_numbers(data, folder))) or "none"
        raise DataError(f"{span}: no such span; there are {known}")
    if not _renamed(span, target):
        raise DataError(f"{target} exists; remove it or rename it, then leave span {number} out")
    return target


def _renamed(folder: Path, target: Path) -> bool:
    """Rename a folder with files. Return whether `target` was free."""
    try:
        folder.rename(target)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            return False
        raise
    return True
