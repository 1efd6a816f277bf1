"""The stamp of all images of a catalogue, wherever they are: by content if they are few, else by size and time."""

import datetime
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import pyarrow as pa

from vitrine.data import columns
from vitrine.data.contract.spans import catalogue_files
from vitrine.data.formats.arrow_csv import read_blocks
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.image_root import image_folder, resolve_image
from vitrine.errors import ConfigError, DataError
from vitrine.fingerprints import file_fingerprint, file_state

if TYPE_CHECKING:
    from upath import UPath

VERSION: Final = ("size", "etag", "ETag", "md5Hash", "generation", "updated", "LastModified", "mtime", "created")
"""Fields by which fsspec's file systems identify an object's content."""


CONTENT_BYTES: Final = 512 << 20
"""Bytes of all local images together that are read for the stamp, in about a second; of more, size and time count."""


def image_stamps(data: str, image_root: str, list_bucket: bool = True) -> dict[str, str]:
    """Return `images`: a digest of all images of the catalogue below `data`, `views` included, and their states.

    Links are followed. A bucket is listed once, if `list_bucket` allows it. There is no stamp without a catalogue on
    this machine. A malformed catalogue counts up to its first error, which CsvExampleGen reports.
    """
    files = catalogue_files(Path(data))
    if not files:
        return {}
    locate = _locator(image_root, list_bucket)
    try:
        small = _bytes_of(map(locate, _catalogue_images(files)), CONTENT_BYTES) <= CONTENT_BYTES
    except (pa.ArrowInvalid, OSError):
        small = True  # what precedes the error
    state_of = cache(file_fingerprint) if small else _file_state()
    stamp = hashlib.sha256()
    try:
        for image in _catalogue_images(files):
            location = locate(image)
            state = state_of(location) if isinstance(location, Path) else location
            stamp.update(f"{image}\0{state}\n".encode("utf-8", "surrogateescape"))
    except (pa.ArrowInvalid, OSError):
        stamp.update(b"unreadable")
    return {"images": stamp.hexdigest()[:16]}


def _catalogue_images(files: Iterable[Path]) -> Iterator[str]:
    """Yield every image of every product, in the order of the catalogue."""
    types = dict.fromkeys((columns.IMAGE, columns.VIEWS), pa.string())
    for path in files:
        for block in read_blocks(partial(_open, path), types):
            for image, views in zip(_cells(block, columns.IMAGE), _cells(block, columns.VIEWS), strict=True):
                yield from _product_images(image or "", views or "")


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _cells(block: pa.RecordBatch, name: str) -> list[str | None]:
    return block.column(name).to_pylist() if name in block.schema.names else [None] * block.num_rows


def _product_images(image: str, views: str) -> list[str]:
    if not views:  # most products have none; this takes a fifth of the time
        return [image] if image else []
    try:
        return product_images(image, views)
    except ValueError:  # EmbeddingGen ignores an invalid list of views, too
        return product_images(image, "")


def _locator(image_root: str, list_bucket: bool) -> Callable[[str], Path | str]:
    """Return a function from an image to its file on this machine, or else to all that is known of it."""
    try:
        root = image_folder(image_root)
    except ConfigError:  # EmbeddingGen reports it
        return str
    listed = _list_bucket(root) if list_bucket and not isinstance(root, Path) else {}

    def locate(image: str) -> Path | str:
        try:
            location = resolve_image(image, root)
        except DataError as error:
            return str(error)
        return location if isinstance(location, Path) else _version(listed.get(location.path.strip("/"), {}))

    return locate


def _bytes_of(locations: Iterable[Path | str], limit: int) -> int:
    """Add up the sizes of files, each once, until they exceed `limit`."""
    total, seen = 0, set[str]()
    for location in locations:
        path = str(location)
        if not isinstance(location, Path) or path in seen:
            continue
        seen.add(path)
        with suppress(OSError):
            total += location.stat().st_size
        if total > limit:
            break
    return total


def _file_state() -> Callable[[Path], str]:
    """Return a function that gives size, time and resolved links of a file."""
    resolved = cache(os.path.realpath)

    def state(location: Path) -> str:
        folder = str(location.parent)
        linked = resolved(folder) if resolved(folder) != folder else ""
        return f"{linked}\0{file_state(str(location))}"

    return state


def _list_bucket(folder: "UPath") -> dict[str, Mapping[str, object]]:
    try:
        folder.fs.invalidate_cache()
        entries = folder.fs.find(folder.path, detail=True)
    except Exception:  # file systems raise any exception; the node that reads the images reports it
        return {}
    return {name.strip("/"): entry for name, entry in entries.items()}


def _version(entry: Mapping[str, object]) -> str:
    values = {name: entry[name] for name in VERSION if name in entry}
    return repr({name: str(value) if isinstance(value, datetime.datetime) else value for name, value in values.items()})
