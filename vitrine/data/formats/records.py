"""Records with their provenance: what every reader and adapter yields, so that a fault can be named by file and row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHOWN = 80
"""Characters of a bad value that a message quotes."""


@dataclass(frozen=True)
class Fault:
    """One broken rule: `path:row: column 'value' reason`. Row 1 is a file's header."""

    path: Path
    row: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        value = self.value if len(self.value) <= SHOWN else self.value[:SHOWN] + "…"
        subject = f"{self.column} {value!r} " if self.column else ""
        return f"{self.path}:{self.row}: {subject}{self.reason}"


@dataclass(frozen=True)
class Records:
    """A batch of records of one file.

    Attributes:
        table: string columns without nulls, "" for missing.
        path: the file the records come from.
        rows: int64 [N], each record's row in that file; rows need not be consecutive.
        faults: rows of the file that could not become records at all.
        names: the file's own name of a column, where it differs; messages use it.
    """

    table: pa.Table
    path: Path
    rows: pa.Array
    faults: Sequence[Fault] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def where(self, mask: pa.Array, column: str, reason: str) -> Iterator[Fault]:
        """A fault for each record where the boolean mask [N] holds, quoting its value in `column`."""
        # NumPy's, because pyarrow 18's indices_nonzero crashes the process on a chunked array without chunks.
        hits = pa.array(np.flatnonzero(np.asarray(mask)))
        values = self.table[column].take(hits).to_pylist()
        for row, value in zip(self.rows.take(hits).to_pylist(), values, strict=True):
            yield Fault(self.path, row, self.names.get(column, column), value, reason)

    def without(self, faults: Iterable[Fault]) -> "Records":
        """The records whose rows have none of the faults."""
        bad = pa.array(sorted({fault.row for fault in faults}), pa.int64())
        if not len(bad):
            return self
        keep = pc.invert(pc.is_in(self.rows, value_set=bad))
        return replace(self, table=self.table.filter(keep), rows=self.rows.filter(keep))

    def with_column(self, name: str, values: pa.Array | pa.ChunkedArray) -> "Records":
        """The records with one column more: `values` [N]."""
        return replace(self, table=self.table.append_column(name, values))
