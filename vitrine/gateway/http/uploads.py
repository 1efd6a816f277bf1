"""Uploaded images, which are not trusted: decoded by an allow-list of formats, turned upright and bounded in size."""

import asyncio
import io
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import UploadFile
from PIL import Image

from vitrine.data.images.decoding import decode_image

SIDE: Final = 1024
"""Pixels of the longer side after resizing: several times the input size of any encoder."""


async def read_upload(upload: UploadFile, max_pixels: int) -> bytes:
    """Return an uploaded image as a BMP, which every TensorFlow can decode.

    No more images are in memory at a time than there are processors to decode them.

    Raises:
        UndecodableImage: The image is not in an allowed format, has more than `max_pixels`, or is damaged.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_decoders(), lambda: normalise(upload.file.read(), max_pixels))


async def read_file(path: Path, max_pixels: int) -> bytes:
    """Return an image's file as a BMP, as `read_upload` does.

    Raises:
        OSError: There is no such file.
        UndecodableImage: It is no image that can be decoded.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_decoders(), lambda: normalise(path.read_bytes(), max_pixels))


@cache
def _decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="images")


def normalise(data: bytes, max_pixels: int) -> bytes:
    """Decode an image with `decode_image`, reduce it to at most `SIDE` pixels a side, and encode it as a BMP."""
    image = decode_image(data, max_pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "BMP")
    return buffer.getvalue()
