"""Safe decoding of images: a few formats, bounded sizes, one kind of error."""

import io
from pathlib import Path
from typing import IO, Final

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from vitrine.errors import DataError

FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF")
"""The only decoders that are tried; every other one is attack surface that no catalogue needs."""

ENDS: Final = {"JPEG": b"\xff\xd9", "PNG": b"IEND", "GIF": b";"}
"""Bytes near the end of a whole file."""
END_BYTES: Final = 4096

KINDS: Final = {
    "a TIFF image": (b"ii*\0", b"mm\0*"),
    "an HEIC image": (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1"),
    "a PDF": (b"%pdf",),
    "an HTML page": (b"<!doctype html", b"<html"),
}
"""Bytes in lower case at the beginning of other files that catalogues name as images."""

MAX_PIXELS: Final = 50_000_000
"""Maximal size; larger images are refused by their header, before any pixel is decoded."""


class UndecodableImage(DataError):  # noqa: N818 - an image that cannot be read is ordinary
    """Bytes that are not an image Vitrine reads; the message says why."""


class TooLarge(UndecodableImage):
    """An image of more pixels than are allowed."""


def decode_image(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode the first frame of an image to RGB, with EXIF orientation applied and transparency laid on white.

    Raises:
        UndecodableImage: not one of `FORMATS`, of more than `max_pixels`, or damaged.

    """
    try:
        with _open(io.BytesIO(data), max_pixels) as image:
            return _opaque(_upright(image))
    except UndecodableImage:
        raise
    except UnidentifiedImageError as error:
        raise UndecodableImage(f"not a {', '.join(FORMATS)} image ({len(data):,} bytes): {_kind(data)}") from error
    except Exception as error:  # Pillow's decoders raise anything from struct.error to TypeError on damaged input
        raise UndecodableImage(f"damaged image: {error}") from error


def is_image(path: Path) -> bool:
    """Return whether the file has the header of an image that `decode_image` may decode. No pixel is read."""
    try:
        with path.open("rb") as file, _open(file):
            return True
    except Exception:  # as above
        return False


def image_problem(path: Path) -> str:
    """Return why `decode_image` would not decode a file, in words that many files share, or "".

    Pixels are decoded only if the file's end looks cut off.
    """
    try:
        with path.open("rb") as file, _open(file) as image:
            cut = _looks_cut(file, image.format)
        if cut:
            decode_image(path.read_bytes())
    except TooLarge:
        return f"larger than {MAX_PIXELS // 10**6} megapixels"
    except UnidentifiedImageError:
        with path.open("rb") as file:
            return _kind(file.read(END_BYTES))
    except OSError as error:
        return error.strerror or "damaged or cut off"
    except Exception:  # as above
        return "damaged or cut off"
    return ""


def _looks_cut(file: IO[bytes], kind: str | None) -> bool:
    end = ENDS.get(kind or "", b"")
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - END_BYTES))
    return end not in file.read()


def _kind(start: bytes) -> str:
    """Return what a file is that begins with these bytes and is no image of an allowed format."""
    start = start[:END_BYTES]
    if not start:
        return "an empty file"
    for kind, marks in KINDS.items():
        if any(mark in start[:64].lower() for mark in marks):
            return f"{kind}, which is not read"
    return "an SVG drawing, which is not read" if b"<svg" in start.lower() else "no image"


def _open(file: IO[bytes], max_pixels: int = MAX_PIXELS) -> Image.Image:
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError as error:  # Pillow's own limit, without the size
        raise TooLarge(f"its pixels are more than the {max_pixels:,} allowed") from error
    width, height = image.size
    if width * height > max_pixels:
        raise TooLarge(f"{width} × {height} pixels are more than the {max_pixels:,} allowed")
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # damaged metadata; decoding reports damaged pixels next
        return image


def reencode_as_bmp(data: bytes) -> bytes:
    """Re-encode an image, decoded as by `decode_image`, as BMP, which every build of TensorFlow decodes.

    Raises:
        UndecodableImage: as `decode_image`.

    """
    buffer = io.BytesIO()
    decode_image(data).save(buffer, "BMP")
    return buffer.getvalue()


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16-bit greys, which Pillow would clip at 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    # The colour of fully transparent pixels is arbitrary; shops show cut-outs on white.
    background = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(background, layer).convert("RGB")
