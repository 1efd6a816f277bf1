"""Copies of the pictures that a catalogue names, with a look at each file's header."""

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
    """Copies pictures from `source` to `target` under the same relative paths, and counts what became of them.

    A missing or unreadable picture is ordinary: it is counted, and its product keeps the name. Unreadable ones are
    copied all the same, and reported again with their reason by whoever decodes them.
    """

    source: Path | None
    target: Path
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("copied", "missing", "unreadable", "elsewhere"), 0)
    )

    def copy_images(self, products: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The same tables, each after the pictures that its columns `image` and `views` name were copied."""
        for table in products:
            named = zip(table[IMAGE].to_pylist(), table[VIEWS].to_pylist(), strict=True)
            for image in dict.fromkeys(image for row in named for image in product_images(*row)):
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
