"""The log of offers: one Parquet file per update, written before the online store is, so that updates are atomic.

An update is committed when its file appears under its number, and applied when the online store has all its rows. A
process that is killed in between leaves a committed file, which the next writer applies first. The files are also the
offline data of Feast's push source.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from vitrine.data.columns import PRODUCT_ID
from vitrine.errors import VitrineError
from vitrine.features import views
from vitrine.files.locking import LockedError, exclusive
from vitrine.files.replacing import replace_file, write_text

FOLDER: Final = "features"
"""The folder of the offers in a serving directory, beside the versions, which it outlives."""
APPLIED: Final = "applied.json"
COMPACT_FILES: Final = 256
COMPACT_ROWS: Final = 500_000
"""Number of files, and of rows beyond those of the first file, from which all are replaced by one with the newest row
of each product."""
SOURCE: Final = b"source"
"""The key of a file's metadata with what the update was made from."""

_NOTHING: Final = pa.schema([(PRODUCT_ID, pa.string())]).empty_table()
_FILE: Final = re.compile(r"\d{10}\.parquet")


class OffersBusyError(VitrineError):
    """Offers that another process is changing for longer than the time to wait."""


class OfferLog:
    """The log in the directory of the offers. Only the holder of `writing` may change it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._files = directory / views.OFFLINE / views.PRODUCT_OFFER

    @contextmanager
    def writing(self, wait_seconds: float) -> Iterator[None]:
        """Hold the lock of the writers during the block.

        Raises:
            OffersBusyError: Another process holds it for longer than `wait_seconds`.
        """
        self._files.mkdir(parents=True, exist_ok=True)
        attempts = Retrying(
            retry=retry_if_exception_type(LockedError),
            stop=stop_after_delay(wait_seconds),
            wait=wait_fixed(0.05),
            reraise=True,
        )
        with ExitStack() as stack:
            try:
                attempts(lambda: stack.enter_context(exclusive(self.directory)))
            except LockedError:
                message = f"{self.directory}: another process is changing offers; try again later"
                raise OffersBusyError(message) from None
            yield

    def applied(self) -> int:
        """Return the number of the last update that the online store has; 0 before the first."""
        try:
            return int(json.loads((self.directory / APPLIED).read_text(encoding="utf-8"))["sequence"])
        except FileNotFoundError:
            return 0

    def committed(self) -> list[int]:
        """Return the numbers of the files, in order."""
        if not self._files.is_dir():
            return []
        return sorted(int(path.stem) for path in self._files.iterdir() if _FILE.fullmatch(path.name))

    def last(self) -> int:
        """Return the number of the last committed update; 0 before the first."""
        return max([self.applied(), *self.committed()[-1:]])

    def newest_rows(self, after: int, until: int | None = None) -> tuple[int, pa.Table]:
        """Return the newest row of each product in the files after a number, and the number of the last file.

        Files after `until` are left out.

        Raises:
            FileNotFoundError: A writer replaced a file meanwhile.
        """
        files = [sequence for sequence in self.committed() if until is None or sequence <= until]
        later = [self.rows(sequence) for sequence in files if sequence > after]
        last = max([after, *files[-1:]])
        if not later:
            return last, _NOTHING
        return last, newest(pa.concat_tables(later, promote_options="default"))

    def present(self, ids: pa.Array) -> pa.Table:
        """Return the newest row of each of `ids`, in their order; nulls where a product has none."""
        wanted, parts = ids, []
        for sequence in reversed(self.committed()):
            if not len(wanted):
                break
            rows = self.rows(sequence)
            parts.append(rows.filter(pc.is_in(rows[PRODUCT_ID], value_set=wanted)))
            wanted = wanted.filter(pc.invert(pc.is_in(wanted, value_set=parts[-1][PRODUCT_ID])))
        found = pa.concat_tables([_NOTHING, *parts], promote_options="default").combine_chunks()
        return found.take(pc.index_in(ids, value_set=found[PRODUCT_ID]))

    def rows(self, sequence: int, names: list[str] | None = None) -> pa.Table:
        """Return the rows of a file, or some of their columns."""
        return parquet.read_table(self._path(sequence), columns=names)

    def sources(self) -> set[str]:
        """Return what the updates that still have a file of their own were made from."""
        metadata = [parquet.read_schema(self._path(sequence)).metadata or {} for sequence in self.committed()]
        return {values[SOURCE].decode() for values in metadata if SOURCE in values}

    def commit(self, rows: pa.Table, source: str) -> int:
        """Write the whole rows of an update with the present as their event time, and return its number.

        The event time is later than that of every earlier update, also where the clock was set back.
        """
        previous = self.last()
        now = datetime.now(UTC)
        if previous and self._path(previous).exists():
            last_times = self.rows(previous, [views.EVENT_TIME])[views.EVENT_TIME]
            now = max(now, pc.max(last_times).as_py() + timedelta(milliseconds=1))
        time = pa.scalar(now, pa.timestamp("us", tz="UTC"))
        stamped = rows.append_column(views.EVENT_TIME, pa.repeat(time, len(rows)))
        self._write(previous + 1, stamped.replace_schema_metadata({SOURCE: source.encode()}))
        return previous + 1

    def mark_applied(self, sequence: int) -> None:
        """Record that the online store has all updates up to a number."""
        write_text(self.directory / APPLIED, json.dumps({"sequence": sequence}) + "\n")

    def compact(self) -> None:
        """Replace many files by one with the newest row of each product, under the last number.

        A process that is killed in between leaves rows twice, which is harmless, and the next call removes them.
        """
        files = self.committed()
        rows = sum(parquet.read_metadata(self._path(sequence)).num_rows for sequence in files[1:])
        if (len(files) < COMPACT_FILES and rows < COMPACT_ROWS) or files[-1] != self.applied():
            return
        metadata = parquet.read_schema(self._path(files[-1])).metadata
        self._write(files[-1], self.newest_rows(after=0)[1].replace_schema_metadata(metadata))
        for number in files[:-1]:
            self._path(number).unlink()

    def _path(self, sequence: int) -> Path:
        return self._files / f"{sequence:010}.parquet"

    def _write(self, sequence: int, rows: pa.Table) -> None:
        # Beside the folder, because Feast reads every file in it.
        with replace_file(self._path(sequence), self.directory / ".update.partial") as partial:
            parquet.write_table(rows, partial, compression="zstd")


def newest(rows: pa.Table) -> pa.Table:
    """Return the last row of each product."""
    reversed_rows = rows.take(np.arange(len(rows))[::-1]).combine_chunks()
    if not len(rows):
        return rows
    codes = reversed_rows[PRODUCT_ID].combine_chunks().dictionary_encode().indices.to_numpy()
    return reversed_rows.take(np.unique(codes, return_index=True)[1])
