"""Records and faults with their file and row, the output of every reader and adapter."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHOWN = 80
"""Characters of an invalid value that a message quotes."""


@dataclass(frozen=True)
class Fault:
    """A broken rule, shown as `path:row: column 'value' reason`. Row 1 is a file's header.

    `value_only` is true where the record is kept without the value.
    """

    path: Path
    row: int
    column: str
    value: str
    reason: str
    value_only: bool = False

    def __str__(self) -> str:
        value = self.value if len(self.value) <= SHOWN else self.value[:SHOWN] + "…"
        subject = f"{self.column} {value!r} " if self.column else ""
        return f"{self.path}:{self.row}: {subject}{self.reason}"


@dataclass(frozen=True)
class Records:
    """A batch of records of one file.

    Attributes:
        table: string columns without nulls, "" for missing.
        path: the file of the records.
        rows: int64 [N], each record's row in the file; rows need not be consecutive.
        faults: rows of the file that could not be read as records.
        names: the file's name of a column, where it differs; messages use it.
        hints: what to do about a broken rule, by the rule's reason.
    """

    table: pa.Table
    path: Path
    rows: pa.Array
    faults: Sequence[Fault] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)

    def where(self, mask: pa.Array, column: str, reason: str) -> Iterator[Fault]:
        """Yield a fault for each record where the boolean mask [N] is true, with its value in `column`."""
        # NumPy's flatnonzero, because pyarrow 18's indices_nonzero crashes on a chunked array without chunks.
        indices = pa.array(np.flatnonzero(np.asarray(mask)))
        values = self.table[column].take(indices).to_pylist()
        reason += self.hints.get(reason, "")
        for row, value in zip(self.rows.take(indices).to_pylist(), values, strict=True):
            yield Fault(self.path, row, self.names.get(column, column), value, reason)

    def without(self, faults: Iterable[Fault]) -> "Records":
        """Return the records whose rows have none of the faults."""
        bad = pa.array(sorted({fault.row for fault in faults}), pa.int64())
        if not len(bad):
            return self
        keep = pc.invert(pc.is_in(self.rows, value_set=bad))
        return replace(self, table=self.table.filter(keep), rows=self.rows.filter(keep))

    def with_column(self, name: str, values: pa.Array | pa.ChunkedArray) -> "Records":
        """Return the records with an additional column, `values` [N]."""
        return replace(self, table=self.table.append_column(name, values))


def joined(blocks: Sequence[Records]) -> Records:
    """Join the blocks of a file, at least one, with their faults."""
    table = pa.concat_tables([records.table for records in blocks])
    rows = pa.chunked_array([records.rows for records in blocks], pa.int64()).combine_chunks()
    return replace(blocks[0], table=table, rows=rows, faults=[fault for records in blocks for fault in records.faults])
