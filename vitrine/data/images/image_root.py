"""The image root: the folder or bucket that relative image paths start from."""

import posixpath
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, overload

from vitrine.errors import ConfigError, DataError
from vitrine.extras import require_extra

if TYPE_CHECKING:
    from upath import UPath

Folder: TypeAlias = "Path | UPath"
"""A folder on this machine, or in a bucket."""


def image_folder(place: str) -> Folder:
    """Return the folder at `place`: a path, or a bucket's URI such as `gs://shop/images`.

    Raises:
        ConfigError: no installed package reads such URIs.
        MissingExtraError: the URI is of Cloud Storage, whose package is not installed.
    """
    if "://" not in place:
        return Path(place)
    if place.startswith(("gs://", "gcs://")):
        require_extra("gcp", f"data.image_root {place}", "gcsfs")
    from upath import UPath

    try:
        folder = UPath(place)
        folder.fs  # noqa: B018 - looks up the file system's package
    except (ImportError, ValueError) as error:
        raise ConfigError(f"data.image_root {place}: {error}; install fsspec's package for it, such as s3fs") from None
    return folder


@overload
def resolve_image(image: str, image_root: Path) -> Path: ...
@overload
def resolve_image(image: str, image_root: Folder) -> Folder: ...
def resolve_image(image: str, image_root: Folder) -> Folder:
    """Return the file that a non-empty `image` names: relative to `image_root`, absolute, or a `file:` URI.

    The file need not exist; a missing image is ordinary.

    Raises:
        DataError: a relative path that leaves `image_root`, or a URI that is not a local file.
    """
    scheme = urllib.parse.urlsplit(image).scheme if "://" in image else ""
    if scheme == "file":
        return Path(urllib.request.url2pathname(urllib.parse.urlsplit(image).path))
    if scheme:
        raise DataError(f"image {image!r} is not a local file; download it and name the file")
    if "\0" in image:
        raise DataError(f"image {image!r} is not a path")
    # Only by the path's text: data versioning tools link images from a cache outside the root.
    relative = posixpath.normpath(image)
    if relative == ".." or relative.startswith("../"):
        raise DataError(f"image {image!r} leaves the image root {image_root}")
    return image_root / relative
