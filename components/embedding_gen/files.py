"""Access of Beam's workers to the files of artifacts, on a shared disk or in a bucket."""

import functools
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

_COPYING: Final = threading.Lock()


def local_copy(uri: str) -> Path:
    """Return the directory `uri`, or a copy of it if it is in a bucket, made once per process."""
    if FileSystems.get_scheme(uri) is None:
        return Path(uri)
    with _COPYING:
        return Path(_copy(uri).name)


@functools.cache
def _copy(uri: str) -> "tempfile.TemporaryDirectory[str]":
    """Copy a folder of a bucket into a directory that is removed with the process."""
    directory = tempfile.TemporaryDirectory(prefix="vitrine-")
    for path in paths(f"{uri}/**"):
        target = Path(directory.name, path.removeprefix(f"{uri}/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as source,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(source, file)
    return directory


def write_parquet(table: pyarrow.Table, path: str, **options: Any) -> None:
    """Write a table to a path or URI, with the options of Arrow's writer."""
    with FileSystems.create(path) as file:
        pyarrow.parquet.write_table(table, file, **options)


def count_rows(uri: str) -> int:
    """Count the rows of a folder's Parquet files, from their footers."""
    count = 0
    for path in paths(f"{uri}/*.parquet"):
        with FileSystems.open(path) as file:
            count += pyarrow.parquet.read_metadata(file).num_rows
    return count


def paths(pattern: str) -> list[str]:
    """Return the files that match, in order; `**` matches folders, too."""
    (matches,) = FileSystems.match([pattern])
    return sorted(file.path for file in matches.metadata_list)
