"""Copying of the images that a catalogue names into a data folder."""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from vitrine.data.columns import IMAGE, VIEWS
from vitrine.data.images.additional_images import product_images
from vitrine.data.images.decoding import is_image


@dataclass
class ImageCopies:
    """Copies of images from `source` to `target` under the same relative paths, counted by outcome.

    A missing or unreadable image is ordinary: it is counted, and its product keeps the name. An unreadable one is
    copied, and reported with the reason when it is decoded.
    """

    source: Path | None
    target: Path
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("copied", "missing", "unreadable", "elsewhere"), 0)
    )

    def copy_for(self, products: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Copy the images in the columns `image` and `views` of each table, and yield the table."""
        for table in products:
            cells = zip(table[IMAGE].to_pylist(), table[VIEWS].to_pylist(), strict=True)
            for image in dict.fromkeys(image for row in cells for image in product_images(*row)):
                self.counts[self._copy(image)] += 1
            yield table

    def _copy(self, image: str) -> str:
        if "://" in image or image.startswith("/") or self.source is None:
            return "elsewhere"
        origin, copy = self.source / image, self.target / image
        if not os.path.isfile(origin):  # noqa: PTH113 - Path.is_file raises on a name that is too long
            return "missing"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, copy)
        return "copied" if is_image(copy) else "unreadable"
