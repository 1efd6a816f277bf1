"""Spans of a data folder as `vitrine prepare` writes them: catalogue, judgements, images and the record."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vitrine.data.contract.spans import Folder, new_span, span_numbers
from vitrine.errors import DataError

SPANS: Final[tuple[Folder, ...]] = ("catalogue", "judgements")
"""The folders with spans, in the order in which they are written."""
RECORDS: Final = "prepared"
"""The folder of the records of preparations, by span."""


def next_span(output: Path) -> int:
    """Return the number after those of all spans of a data folder, 1 for the first."""
    return 1 + max((number for folder in SPANS for number in span_numbers(output, folder)), default=0)


def records_of(output: Path, span: int | None) -> Path:
    """Return the folder of the record of a preparation, with the rows and images that were left out."""
    return output if span is None else output / RECORDS / f"span-{span}"


@contextmanager
def prepared_span(output: Path, span: int) -> Iterator[Path]:
    """Yield a new folder, whose parts become a span of `output` if the block succeeds.

    The images come first and the judgements after the catalogue, so that a killed command leaves no reference to a
    missing part.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".span.", suffix=".partial", dir=output) as directory:
            partial = Path(directory)
            yield partial
            for image in sorted(path for path in (partial / "images").rglob("*") if path.is_file()):
                target = output / image.relative_to(partial)
                target.parent.mkdir(parents=True, exist_ok=True)
                image.replace(target)
            for folder in SPANS:
                if (partial / folder).is_dir():
                    with new_span(output, folder, span) as filled:
                        for part in sorted((partial / folder).iterdir()):
                            part.rename(filled / part.name)
            records_of(output, span).mkdir(parents=True)
            for record in (path for path in partial.iterdir() if path.is_file()):
                record.rename(records_of(output, span) / record.name)
    except OSError as error:
        raise DataError(f"{error.filename or output}: {error.strerror or error}; the span was not written") from error
