"""Many pictures, several at a time: decoding uses every core, and a bucket's answers are waited for together."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from PIL import Image

from vitrine.data.images.decoding import Folder, decode_image, encode_bmp, resolve_image
from vitrine.errors import DataError

Picture = TypeVar("Picture")

AT_ONCE: Final = 16
"""Pictures under way; twice as many are held at most."""


@dataclass(frozen=True)
class Unreadable:
    """A picture that is not there, or is none."""

    reason: str


def read_images(
    images: Sequence[str], image_root: Folder, then: Callable[[Image.Image], Picture]
) -> Iterator[Picture | Unreadable]:
    """Read what a catalogue's `images` name, in their order, and pass each on to `then`, in threads.

    Raises what `then` raises, and what reading raises beyond files that are missing or damaged.
    """

    def read(image: str) -> Picture | Unreadable:
        try:
            return then(decode_image(resolve_image(image, image_root).read_bytes()))
        except (DataError, OSError) as error:
            return Unreadable(str(getattr(error, "strerror", None) or error))

    return _in_threads(read, images)


def read_bmp_images(images: Sequence[str], image_root: Folder) -> list[bytes]:
    """Read what a catalogue's `images` name as `encode_bmp` makes them, which every graph decodes.

    Raises:
        DataError, OSError: one cannot be read.
    """
    return list(_in_threads(lambda image: encode_bmp(resolve_image(image, image_root).read_bytes()), images))


def _in_threads(read: Callable[[str], Picture], images: Sequence[str]) -> Iterator[Picture]:
    with ThreadPoolExecutor(AT_ONCE, "pictures") as pool:
        ahead: deque[Future[Picture]] = deque()
        for image in images:
            ahead.append(pool.submit(read, image))
            if len(ahead) == 2 * AT_ONCE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
