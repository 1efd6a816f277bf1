"""Product pictures: which file a catalogue's `image` names, and safe decoding of its bytes."""

import io
import posixpath
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, TypeAlias, overload

import numpy as np
from PIL import Image, ImageOps

from vitrine.errors import ConfigError, DataError
from vitrine.extras import require_extra

if TYPE_CHECKING:
    from upath import UPath

Folder: TypeAlias = "Path | UPath"
"""A folder on this machine, or in a bucket."""

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
"""The only decoders ever tried; each other one is attack surface no catalogue needs."""

MAX_PIXELS: Final = 50_000_000
"""Larger pictures are refused from their header, before any pixel is decoded."""


class UndecodableImage(DataError):  # noqa: N818 - read at the place it is raised, not at the place it is caught
    """Bytes that are not a picture Vitrine reads; the message says why."""


def read_image(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture to RGB, upright (EXIF orientation applied), transparency laid on white, first frame only.

    Raises:
        UndecodableImage: not one of `FORMATS`, of more than `max_pixels`, or damaged.

    """
    try:
        with _open(io.BytesIO(data), max_pixels) as picture:
            return _opaque(_upright(picture))
    except UndecodableImage:
        raise
    except Image.UnidentifiedImageError as error:
        raise UndecodableImage(f"not a {', '.join(FORMATS)} picture ({len(data):,} bytes)") from error
    except Exception as error:  # Pillow's decoders raise anything from struct.error to TypeError on damaged input
        raise UndecodableImage(f"damaged picture: {error}") from error


def is_picture(path: Path) -> bool:
    """Whether the file's header is that of a picture `read_image` may decode. No pixel is read."""
    try:
        with path.open("rb") as file, _open(file):
            return True
    except Exception:  # as above
        return False


def _open(file: IO[bytes], max_pixels: int = MAX_PIXELS) -> Image.Image:
    picture = Image.open(file, formats=FORMATS)
    width, height = picture.size
    if width * height > max_pixels:
        raise UndecodableImage(f"{width} × {height} pixels are more than the {max_pixels:,} allowed")
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # damaged metadata; if it is the picture that is damaged, decoding says so next
        return picture


def bitmap(data: bytes) -> bytes:
    """A picture as `read_image` sees it, upright and opaque, in the one format that every TensorFlow decodes: BMP.

    Raises:
        UndecodableImage: as `read_image`.

    """
    buffer = io.BytesIO()
    read_image(data).save(buffer, "BMP")
    return buffer.getvalue()


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # greys of 16 bits, which Pillow would cut off at 255
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    # The colour under full transparency is arbitrary; shops show their cut-outs on white.
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


def image_folder(place: str) -> Folder:
    """The folder that `place` names: a path, or a bucket's URI such as `gs://shop/images`.

    Raises:
        ConfigError: nothing that is installed reads such URIs.
        MissingExtraError: the URI is of Cloud Storage, whose package is not installed.
    """
    if "://" not in place:
        return Path(place)
    if place.startswith(("gs://", "gcs://")):
        require_extra("gcp", f"data.image_root {place}", "gcsfs")
    from upath import UPath

    try:
        folder = UPath(place)
        folder.fs  # noqa: B018 - looks for what reads it
    except (ImportError, ValueError) as error:
        raise ConfigError(f"data.image_root {place}: {error}; install fsspec's package for it, such as s3fs") from None
    return folder


@overload
def resolve_image(image: str, image_root: Path) -> Path: ...
@overload
def resolve_image(image: str, image_root: Folder) -> Folder: ...
def resolve_image(image: str, image_root: Folder) -> Folder:
    """The file that a catalogue's non-empty `image` names: relative to `image_root`, absolute, or a `file:` URI.

    The file need not exist: a missing picture is ordinary.

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
    # Lexical on purpose: data versioning tools link pictures from a cache outside the root.
    relative = posixpath.normpath(image)
    if relative == ".." or relative.startswith("../"):
        raise DataError(f"image {image!r} leaves the image root {image_root}")
    return image_root / relative
