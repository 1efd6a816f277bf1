"""A stamp of all images that a catalogue names, wherever they are: by size and time, not by content."""

import datetime
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, BinaryIO, Final

import pyarrow as pa

from vitrine.data import columns
from vitrine.data.formats.arrow_csv import read_blocks
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.image_root import image_folder, resolve_image
from vitrine.errors import ConfigError, DataError
from vitrine.fingerprints import file_state

VERSION: Final = ("size", "etag", "ETag", "md5Hash", "generation", "updated", "LastModified", "mtime", "created")
"""Fields by which fsspec's file systems tell one content of an object from another."""


def image_stamps(data: str, image_root: str, ask_bucket: bool = True) -> dict[str, str]:
    """Return `images`: a digest of what the catalogue below `data` names, `views` included, and of each file's state.

    Links are followed. A bucket is listed once, if it may be asked. Without a catalogue on this machine nothing is
    known of its images, and there is no stamp. A malformed one counts up to its fault, which CsvExampleGen then tells.
    """
    files = sorted((Path(data) / "catalogue").glob("*.csv"))
    state = _state_of(image_root, ask_bucket)
    found = hashlib.sha256()
    try:
        for image in _named(files):
            found.update(f"{image}\0{state(image)}\n".encode("utf-8", "surrogateescape"))
    except (pa.ArrowInvalid, OSError):
        found.update(b"unreadable")
    return {"images": found.hexdigest()[:16]} if files else {}


def _named(files: Iterable[Path]) -> Iterator[str]:
    """Every image of every product, in the order of the catalogue."""
    types = dict.fromkeys((columns.IMAGE, columns.VIEWS), pa.string())
    for path in files:
        for block in read_blocks(partial(_open, path), types):
            for image, views in zip(_cells(block, columns.IMAGE), _cells(block, columns.VIEWS), strict=True):
                yield from _of_product(image or "", views or "")


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _cells(block: pa.RecordBatch, name: str) -> list[str | None]:
    return block.column(name).to_pylist() if name in block.schema.names else [None] * block.num_rows


def _of_product(image: str, views: str) -> list[str]:
    if not views:  # as most have none, a fifth of the time
        return [image] if image else []
    try:
        return product_images(image, views)
    except ValueError:  # EmbeddingGen leaves out a list of views that is none, too
        return product_images(image, "")


def _state_of(image_root: str, ask_bucket: bool) -> Callable[[str], str]:
    """Return a function from an image to the state of the file that it names."""
    try:
        root = image_folder(image_root)
    except ConfigError:  # EmbeddingGen says the same
        return str
    listed = _list_bucket(root) if ask_bucket and not isinstance(root, Path) else {}
    resolved = cache(os.path.realpath)

    def state(image: str) -> str:
        try:
            place = resolve_image(image, root)
        except DataError as error:
            return str(error)
        if not isinstance(place, Path):
            return _version(listed.get(place.path.strip("/"), {}))
        folder = str(place.parent)
        linked = resolved(folder) if resolved(folder) != folder else ""
        return f"{linked}\0{file_state(str(place))}"

    return state


def _list_bucket(folder: Any) -> dict[str, Mapping[str, Any]]:
    try:
        folder.fs.invalidate_cache()
        found = folder.fs.find(folder.path, detail=True)
    except Exception:  # file systems raise what they like; the node that reads the images says what is wrong
        return {}
    return {name.strip("/"): entry for name, entry in found.items()}


def _version(entry: Mapping[str, Any]) -> str:
    values = {name: entry[name] for name in VERSION if name in entry}
    return repr({name: str(value) if isinstance(value, datetime.datetime) else value for name, value in values.items()})
