"""Pictures from strangers: decoded here, upright, bounded, by an allow-list of formats, before any model sees them."""

import asyncio
import io
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from fastapi import UploadFile
from PIL import Image

from vitrine.data.images.decoding import decode_image

SIDE: Final = 1024
"""Pixels of the longer side that are kept: several times what any encoder looks at."""


async def read_upload(upload: UploadFile, max_pixels: int) -> bytes:
    """The picture of an upload as a BMP, which every TensorFlow decodes.

    No more pictures are in memory at a time than there are processors to decode them.

    Raises:
        UndecodableImage: It is not one of the formats allowed, has more than `max_pixels`, or is damaged.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_decoders(), lambda: normalised(upload.file.read(), max_pixels))


@cache
def _decoders() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="pictures")


def normalised(data: bytes, max_pixels: int) -> bytes:
    """A picture as `decode_image` sees it, no larger than `SIDE`, as a BMP."""
    picture = decode_image(data, max_pixels)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "BMP")
    return buffer.getvalue()
