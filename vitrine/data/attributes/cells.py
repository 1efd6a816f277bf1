"""The cells of attributes: texts of a catalogue's file as typed Arrow arrays, and the faults among them."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.attributes.declaration import Attribute, Type
from vitrine.data.attributes.quantities import read_number
from vitrine.data.attributes.times import EXAMPLES, milliseconds

ARROW: Final[Mapping[Type, pa.DataType]] = {
    "text": pa.string(),
    "keyword": pa.string(),
    "list": pa.list_(pa.string()),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.timestamp("ms", "UTC"),
}
"""The Arrow type of each type of attribute."""
MOST_VALUES: Final = 100
"""Maximum number of values of a list."""
SEPARATORS: Final = "|;,"
"""Separators of the values of a list; the first of them that occurs in a cell separates its values."""
EXPECTED: Final[Mapping[Type, str]] = {
    "text": "contains a line break or control character",
    "keyword": "contains a line break or control character",
    "list": f"is no list of up to {MOST_VALUES} values, such as 'cotton | wool' or '[\"cotton\", \"wool\"]'",
    "number": "is not a decimal number from -1e15 to 1e15",
    "boolean": "is not one of true, false, yes, no, 1, 0",
    "time": f"is no time such as {EXAMPLES}",
}
"""The fault of a cell that is not of its type."""

_CONTROLS: Final = r"[\x00-\x1f\x7f-\x{9f}\x{2028}\x{2029}]"
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Cell = list[str] | float | bool | int


def expected(attribute: Attribute) -> str:
    """Return what is wrong with a cell that is not of its attribute's type."""
    unit = f", in {attribute.unit} or with a unit that converts to it" if attribute.unit else ""
    return EXPECTED[attribute.type] + unit


def read_cells(texts: pa.Array, attribute: Attribute) -> tuple[pa.Array, pa.Array]:
    """Return the values of texts [N], of the type's Arrow type, and the mask, bool [N], of those that have none.

    An empty cell is null, and no fault. Numbers are in the attribute's unit.
    """
    kind = attribute.type
    texts = pc.utf8_trim_whitespace(pc.fill_null(texts, ""))
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    controls = pc.fill_null(pc.match_substring_regex(texts, _CONTROLS), False)
    if kind in ("text", "keyword"):
        return pc.if_else(controls, pa.scalar(None, pa.string()), texts), controls
    encoded = texts.dictionary_encode()
    read = partial(read_number, unit=attribute.unit) if kind == "number" else _READERS[kind]
    values = [_value(text, read) for text in encoded.dictionary.to_pylist()]
    found = pa.array(values, pa.int64() if kind == "time" else ARROW[kind]).cast(ARROW[kind]).take(encoded.indices)
    return found, pc.and_(texts.is_valid(), pc.invert(found.is_valid()))


def _value(text: str, read: Callable[[str], Cell]) -> Cell | None:
    try:
        return read(text)
    except (ValueError, KeyError, OverflowError, RecursionError):
        return None


def _list(text: str) -> list[str]:
    """Read a list: JSON, or values between separators; a repeated value counts once."""
    if text.startswith("["):
        parts = json.loads(text)
        if not all(isinstance(part, str) for part in parts):
            raise ValueError("a value is no text")
    else:
        separator = next((mark for mark in SEPARATORS if mark in text), None)
        parts = text.split(separator) if separator else [text]
    values = list(dict.fromkeys(part.strip() for part in parts if part.strip()))
    if not values or len(values) > MOST_VALUES or any(not value.isprintable() for value in values):
        raise ValueError("no values, too many, or control characters")
    return values


def list_values(cell: str) -> list[str]:
    """Return the values of a list's cell; a cell that is no list is one value, and an empty one has none."""
    if not cell.strip():
        return []
    try:
        return _list(cell.strip())
    except (ValueError, RecursionError):
        return [cell.strip()]


_READERS: Final[Mapping[Type, Callable[[str], Cell]]] = {
    "list": _list,
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "time": milliseconds,
}
