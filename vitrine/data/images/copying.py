"""Copying of the images that a catalogue names into a data folder."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.images.additional_images import format_views, product_images
from vitrine.data.images.decoding import image_problem
from vitrine.data.images.finding import ImageFinder, MissingImage

PROBLEMS_SCHEMA: Final = pa.schema([(PRODUCT_ID, pa.string()), (IMAGE, pa.string()), ("reason", pa.string())])
"""The columns of the images that are missing or cannot be read."""


@dataclass
class ImageCopies:
    """Copies of images from `source` to `target`, counted by outcome, and by reason where there is none to see.

    A missing or unreadable image is ordinary: it is counted and reported, and its product keeps the name. A copy has
    the path of its file, which its product then has, too.
    """

    source: Path | None
    target: Path
    report: Callable[[pa.Table], None] = lambda _: None
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("copied", "missing", "unreadable", "elsewhere"), 0)
    )
    reasons: Counter[str] = field(default_factory=Counter)
    _finder: ImageFinder = field(init=False)

    def __post_init__(self) -> None:
        self._finder = ImageFinder(self.source or self.target)

    def copy_for(self, products: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Copy the images in the columns `image` and `views` of each table, and yield it with the files' paths."""
        for table in products:
            if not pc.any(pc.or_(pc.not_equal(table[IMAGE], ""), pc.not_equal(table[VIEWS], ""))).as_py():
                yield table
                continue
            outcomes: dict[str, tuple[str, str]] = {}
            problems: list[tuple[str, str, str]] = []
            cells = [table[name].to_pylist() for name in (PRODUCT_ID, IMAGE, VIEWS)]
            renamed: dict[int, list[str]] = {}
            for row, (product, image, views) in enumerate(zip(*cells, strict=True)):
                if not image and not views:
                    continue
                named = product_images(image, views) if views else [image]
                for name in named:
                    if name not in outcomes:
                        outcomes[name] = self._copy(name)
                    if outcomes[name][1]:
                        problems.append((product, name, outcomes[name][1]))
                paths = [outcomes[name][0] for name in named]
                if paths != named:
                    renamed[row] = list(dict.fromkeys(paths))
            self._report(problems)
            yield _renamed(table, renamed)

    def _copy(self, image: str) -> tuple[str, str]:
        """Copy an image; return its path in the data folder, and the reason why it cannot be seen, or ""."""
        if self.source is None or "://" in image or (image.startswith("/") and os.path.exists(image)):  # noqa: PTH110
            self.counts["elsewhere"] += 1
            return image, ""
        try:
            path = self._finder.find(image)
        except MissingImage as error:
            if image.startswith("/"):  # of the machine where the run is
                self.counts["elsewhere"] += 1
                return image, ""
            self.counts["missing"] += 1
            return image, str(error)
        copy = self.target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.source / path, copy)
        problem = image_problem(copy)
        self.counts["unreadable" if problem else "copied"] += 1
        return path, problem

    def _report(self, problems: list[tuple[str, str, str]]) -> None:
        if problems:
            self.reasons.update(reason for _, _, reason in problems)
            columns = [pa.array(column, pa.string()) for column in zip(*problems, strict=True)]
            self.report(pa.table(columns, schema=PROBLEMS_SCHEMA))


def _renamed(table: pa.Table, renamed: dict[int, list[str]]) -> pa.Table:
    """Return the table with the images of the rows in `renamed`."""
    if not renamed:
        return table
    columns = {name: table[name].to_pylist() for name in (IMAGE, VIEWS)}
    for row, images in renamed.items():
        columns[IMAGE][row], columns[VIEWS][row] = images[0], format_views(images[1:])
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table
