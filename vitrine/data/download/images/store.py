"""Pictures on disk, once each, by the SHA-256 of their bytes."""

import hashlib
import io
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from PIL import Image

from vitrine.data.images.decoding import FORMATS, read_image
from vitrine.files.replacing import replace_file

EXTENSIONS: Final = {"PNG": "png", "GIF": "gif", "WEBP": "webp", "BMP": "bmp"}
"""The others are kinds of JPEG."""


@dataclass(frozen=True)
class Stored:
    """A stored picture: `path` below the image root, and its size."""

    path: str
    bytes: int


class PictureStore:
    """Files `<sha256[:2]>/<sha256>.<ext>` below an image root. They appear whole: written aside, then moved.

    A context manager, for one process at a time: what a killed one left half written goes when the next begins.
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
        """Store a picture, unless it is there already.

        Raises:
            UndecodableImage: not a picture that the pipeline reads.
            OSError: it cannot be written.
        """
        read_image(data)
        digest = hashlib.sha256(data).hexdigest()
        stored = Stored(f"{digest[:2]}/{digest}.{_extension(data)}", len(data))
        if not self.holds(stored):
            # Not synced, as `holds` looks at the size; a name of its own, as others may store the same bytes now.
            partial = self._partial / uuid.uuid4().hex
            with replace_file(self._root / stored.path, partial, synced=False):
                partial.write_bytes(data)
        return stored

    def holds(self, stored: Stored) -> bool:
        """Whether the picture's file is there, with its size: a power cut can leave an empty one."""
        try:
            return (self._root / stored.path).stat().st_size == stored.bytes
        except OSError:
            return False

    def _clean(self) -> None:
        shutil.rmtree(self._partial, ignore_errors=True)


def _extension(data: bytes) -> str:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        return EXTENSIONS.get(picture.format or "", "jpg")
