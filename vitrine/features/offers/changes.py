"""Changes of product offers: read from a CSV file or from records of text, and checked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.rules import DECIMAL
from vitrine.data.formats import csv_reading
from vitrine.data.formats.csv_writing import CONTROLS
from vitrine.data.formats.records import Fault, Records
from vitrine.errors import DataError
from vitrine.features.offers.attributes import KINDS, Attributes, Kind

OnError = Literal["stop", "skip"]

WITHDRAWN: Final = "null"
"""The text that withdraws a value, so that the catalogue's own applies again. An empty text changes nothing."""
LARGEST: Final = 1e15
"""The largest number, which float32 and JSON clients can still hold."""
HINT: Final = " (--on-error skip leaves such rows out)"
MAX_FAULTS: Final = 1000
"""Faults that are kept with their message; all are counted."""

_TRUE: Final = pa.array(["1", "true", "yes"])
_FALSE: Final = pa.array(["0", "false", "no"])
_ALLOWED: Final[Mapping[Kind, str]] = {
    "number": "is not a decimal number from 0 to 1e15",
    "integer": "is not a whole number from 0 to 1e15",
    "flag": "is not one of 1, 0, true, false, yes, no",
    "text": "contains a line break or control character",
}


@dataclass(frozen=True)
class Changes:
    """Changes of N products, whose ids are unique.

    Attributes:
        ids: The products' ids, string [N].
        values: The new values of each changed attribute, [N], of the attribute's Arrow type. Null withdraws a value.
        given: For each changed attribute a mask, bool [N], of the products that it is changed for.
        faults: The first rows that were left out, with the reason.
        rejected: The number of rows that were left out.
    """

    ids: pa.Array
    values: dict[str, pa.Array]
    given: dict[str, npt.NDArray[np.bool_]]
    faults: list[Fault]
    rejected: int

    def __len__(self) -> int:
        return len(self.ids)


def read_changes(path: Path, attributes: Attributes, on_error: OnError = "stop") -> Changes:
    """Read a CSV file with the column `product_id` and at least one attribute.

    Args:
        path: The file.
        attributes: The attributes that the file may have.
        on_error: "stop" at the first invalid row, or "skip" invalid rows.

    Raises:
        DataError: The file cannot be read, has an unknown column or no usable row, or has an invalid row that stops.
    """
    names = csv_reading.header(path)
    check_columns(names, attributes, f"{path}:1")
    return check_changes(csv_reading.read_whole(path, names), attributes, on_error, HINT)


def records_of(rows: Sequence[Mapping[str, Any]], attributes: Attributes) -> Records:
    """Return products from JSON as records of text; a missing key changes nothing, null withdraws a value.

    Raises:
        DataError: A product has an unknown attribute.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    check_columns(names, attributes, "products")
    columns = {name: pa.array([_text(row[name]) if name in row else "" for row in rows], pa.string()) for name in names}
    return Records(pa.table(columns), Path("products"), pa.array(np.arange(1, len(rows) + 1)))


def _text(value: Any) -> str:
    if value is None:
        return WITHDRAWN
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer() and math.isfinite(value):
        return str(int(value))
    return str(value)


def check_columns(names: Sequence[str], attributes: Attributes, source: str) -> None:
    """Check the names of a file's columns.

    Raises:
        DataError: `product_id` is missing, a name is unknown, or there is no attribute.
    """
    known = ", ".join(attributes.kinds)
    if PRODUCT_ID not in names:
        raise DataError(f"{source}: column {PRODUCT_ID!r} is missing; beside it there may be {known}")
    for name in names:
        if name != PRODUCT_ID and name not in attributes.kinds:
            raise DataError(
                f"{source}: column {name!r} is no attribute of an offer; there are {known}, "
                "and --attribute NAME=KIND declares another"
            )
    if len(names) < 2:
        raise DataError(f"{source}: there is no attribute to change; beside {PRODUCT_ID} there may be {known}")


def check_changes(records: Records, attributes: Attributes, on_error: OnError = "stop", hint: str = "") -> Changes:
    """Check records of text and convert their values; see `read_changes`. `hint` ends the message of an invalid row."""
    names = [name for name in records.table.column_names if name != PRODUCT_ID]
    faults = [*records.faults, *_bad_ids(records)]
    for name in names:
        faults += records.where(_invalid(records.table[name], attributes.kinds[name]), name, _reason(name, attributes))
    good = records.without(faults)
    faults += good.where(_repeated(good.table[PRODUCT_ID]), PRODUCT_ID, "is in an earlier row, too")
    good = records.without(faults)
    faults.sort(key=lambda fault: fault.row)
    if faults and on_error == "stop":
        raise DataError(f"{faults[0]}{hint}")
    if not good.table.num_rows:
        first = f"; the first: {faults[0]}" if faults else ""
        raise DataError(f"{records.path}: no row that can be used{first}")
    table = good.table.combine_chunks()
    return Changes(
        ids=table[PRODUCT_ID].combine_chunks(),
        values={name: _converted(table[name], attributes.kinds[name]) for name in names},
        given={name: np.asarray(pc.not_equal(table[name], "")) for name in names},
        faults=faults[:MAX_FAULTS],
        rejected=len({fault.row for fault in faults}),
    )


def _reason(name: str, attributes: Attributes) -> str:
    return f"{_ALLOWED[attributes.kinds[name]]}; it may also be empty (unchanged) or {WITHDRAWN} (as in the catalogue)"


def _bad_ids(records: Records) -> Iterator[Fault]:
    ids = records.table[PRODUCT_ID]
    yield from records.where(pc.equal(ids, ""), PRODUCT_ID, "is empty")
    yield from records.where(pc.not_equal(ids, pc.utf8_trim_whitespace(ids)), PRODUCT_ID, "has white space around it")
    yield from records.where(pc.match_substring_regex(ids, CONTROLS), PRODUCT_ID, _ALLOWED["text"])


def _invalid(texts: pa.ChunkedArray, kind: Kind) -> pa.ChunkedArray:
    """Return the mask of texts that are neither empty, nor withdraw the value, nor are of the kind."""
    if kind == "text":
        return pc.match_substring_regex(texts, CONTROLS)
    keyword = pc.is_in(texts, value_set=pa.array(["", WITHDRAWN]))
    if kind == "flag":
        return pc.invert(pc.or_(keyword, _is_flag(texts)))
    pattern = DECIMAL if kind == "number" else r"^[0-9]{1,15}$"
    matches = pc.match_substring_regex(texts, pattern)
    numbers = pc.if_else(matches, texts, "0").cast(pa.float64())
    return pc.invert(pc.or_(keyword, pc.and_(matches, pc.less_equal(numbers, LARGEST))))


def _is_flag(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(pc.utf8_lower(texts), value_set=pa.concat_arrays([_TRUE, _FALSE]))


def _converted(texts: pa.ChunkedArray, kind: Kind) -> pa.Array:
    nothing = pc.is_in(texts, value_set=pa.array(["", WITHDRAWN]))
    if kind == "flag":
        texts = pc.if_else(pc.is_in(pc.utf8_lower(texts), value_set=_TRUE), "1", "0")
    filled = pc.if_else(nothing, pa.scalar(None, pa.string()), texts)
    return filled.cast(KINDS[kind]).combine_chunks()


def _repeated(ids: pa.ChunkedArray) -> pa.Array:
    """Return the mask of the ids that are in an earlier row."""
    codes = ids.combine_chunks().dictionary_encode().indices.to_numpy()
    first = np.zeros(len(codes), bool)
    first[np.unique(codes, return_index=True)[1]] = True
    return pa.array(~first)
