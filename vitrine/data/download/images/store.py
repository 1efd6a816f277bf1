"""A content-addressed store of images: each once, by the SHA-256 of its bytes."""

import hashlib
import io
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image

from vitrine.data.images.decoding import FORMATS, decode_image
from vitrine.files.replacing import replace_file

EXTENSIONS: Final = {"PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp", "AVIF": "avif"}
"""File extensions by format; all other formats are kinds of JPEG."""


@dataclass(frozen=True)
class Stored:
    """A stored image: its `path` below the image root, and its size."""

    path: str
    bytes: int


class ImageStore:
    """Files `<sha256[:2]>/<sha256>.<ext>` below an image root, written under a temporary name and then renamed.

    A context manager, for one process at a time. It removes the partial files of a process that was killed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._partial = root / ".partial"

    def __enter__(self) -> Self:
        self._clean()
        self._partial.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clean()

    def keep(self, data: bytes) -> Stored:
        """Store an image, unless it is stored already.

        Raises:
            UndecodableImage: the bytes are not an image that the pipeline reads.
            OSError: it cannot be written.
        """
        decode_image(data)
        digest = hashlib.sha256(data).hexdigest()
        stored = Stored(f"{digest[:2]}/{digest}.{_extension(data)}", len(data))
        if not self.holds(stored):
            # Not synced, as `holds` looks at the size; a name of its own, as others may store the same bytes now.
            partial = self._partial / uuid.uuid4().hex
            with replace_file(self._root / stored.path, partial, synced=False):
                partial.write_bytes(data)
        return stored

    def holds(self, stored: Stored) -> bool:
        """Return whether the image's file exists with its size; a power cut can leave an empty file."""
        try:
            return (self._root / stored.path).stat().st_size == stored.bytes
        except OSError:
            return False

    def _clean(self) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)


def _extension(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        return EXTENSIONS.get(image.format or "", "jpg")
