"""Reading of many images in parallel: decoding uses every core, and requests to a bucket overlap."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from PIL import Image

from vitrine.data.images.decoding import decode_image, reencode_as_bmp
from vitrine.data.images.image_root import Folder, resolve_image
from vitrine.errors import DataError

Result = TypeVar("Result")

THREADS: Final = 16
"""Images read at a time; at most twice as many results are held."""


@dataclass(frozen=True)
class UnreadableImage:
    """An image that is missing or cannot be decoded."""

    reason: str


def read_images(
    images: Sequence[str], image_root: Folder, transform: Callable[[Image.Image], Result]
) -> Iterator[Result | UnreadableImage]:
    """Decode the files that a catalogue's `images` name, in threads, and yield `transform` of each in order.

    Errors of `transform`, and errors of reading other than a missing or damaged file, are raised.
    """
    return read_files(images, image_root, lambda data: transform(decode_image(data)))


def read_files(
    images: Sequence[str], image_root: Folder, transform: Callable[[bytes], Result]
) -> Iterator[Result | UnreadableImage]:
    """Read the files that a catalogue's `images` name, in threads, and yield `transform` of each one's bytes in order.

    A file that is missing, or of which `transform` raises DataError, is unreadable.
    """

    def read(image: str) -> Result | UnreadableImage:
        try:
            return transform(resolve_image(image, image_root).read_bytes())
        except (DataError, OSError) as error:
            return UnreadableImage(str(getattr(error, "strerror", None) or error))

    return _in_threads(read, images)


def read_bmp_images(images: Sequence[str], image_root: Folder) -> list[bytes]:
    """Read the files that a catalogue's `images` name, re-encoded as BMP, which every graph decodes.

    Raises:
        DataError, OSError: an image cannot be read.
    """
    return list(_in_threads(lambda image: reencode_as_bmp(resolve_image(image, image_root).read_bytes()), images))


def _in_threads(read: Callable[[str], Result], images: Sequence[str]) -> Iterator[Result]:
    with ThreadPoolExecutor(THREADS, "images") as pool:
        pending: deque[Future[Result]] = deque()
        for image in images:
            pending.append(pool.submit(read, image))
            if len(pending) == 2 * THREADS:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
