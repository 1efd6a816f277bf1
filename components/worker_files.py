"""Access of Beam's workers to the files of artifacts, on a shared disk or in a bucket."""

import contextlib
import functools
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

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
        copy_file(path, str(target))
    return directory


def local_file(uri: str) -> Path:
    """Return the file `uri`, or a copy of it if it is in a bucket, made once per process."""
    if FileSystems.get_scheme(uri) is None:
        return Path(uri)
    with _COPYING:
        return Path(_copy_file(uri).name, uri.rpartition("/")[2])


@functools.cache
def _copy_file(uri: str) -> "tempfile.TemporaryDirectory[str]":
    directory = tempfile.TemporaryDirectory(prefix="vitrine-")
    copy_file(uri, str(Path(directory.name, uri.rpartition("/")[2])))
    return directory


def copy_file(source: str, target: str) -> None:
    """Copy a file between paths and URIs."""
    with (
        FileSystems.open(source, compression_type=CompressionTypes.UNCOMPRESSED) as reading,
        FileSystems.create(target, compression_type=CompressionTypes.UNCOMPRESSED) as writing,
    ):
        shutil.copyfileobj(reading, writing)


def paths(pattern: str) -> list[str]:
    """Return the files that match, in order; `**` matches folders, too."""
    (matches,) = FileSystems.match([pattern])
    return sorted(file.path for file in matches.metadata_list)


@contextlib.contextmanager
def writable(uri: str) -> Iterator[Path]:
    """Provide a path for a new file, which is copied to `uri` after the block if that is in a bucket."""
    if FileSystems.get_scheme(uri) is None:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        yield Path(uri)
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-") as directory:
        path = Path(directory, uri.rpartition("/")[2])
        yield path
        copy_file(str(path), uri)
