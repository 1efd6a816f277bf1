"""Columns of a file by name: a header is matched without case, white space and punctuation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.data.columns import PRODUCT_ID
from vitrine.errors import DataError


@dataclass(frozen=True)
class Matched:
    """The columns of a file that have a place in the contract.

    Attributes:
        columns: the file's columns of each of the contract's, at least one.
        unused: the file's other columns.
        absent: the contract's columns without one, apart from those that the user ignores.
    """

    columns: Mapping[str, tuple[str, ...]]
    unused: Sequence[str]
    absent: Sequence[str]

    @property
    def names(self) -> dict[str, str]:
        """The file's first column of each of the contract's."""
        return {name: columns[0] for name, columns in self.columns.items()}


def key(name: str) -> str:
    """Reduce a column's name to its letters and digits: ` Product ID` and `g:product_id` are `product_id`."""
    return re.sub(r"^g:|[\W_]+", "", name.strip().casefold())


def match_columns(
    path: Path,
    header: Sequence[str],
    known: Mapping[str, Sequence[str]],
    chosen: Mapping[str, str],
    required: Sequence[str],
    notes: list[str],
    shared_id: bool = True,
) -> Matched:
    """Match a file's header with the columns of the contract.

    Args:
        path: the file, for messages.
        header: its columns' names.
        known: names that each column of the contract may have.
        chosen: the user's choice by column of the contract, which comes first; "" is no column.
        required: columns that the file must have.
        notes: sentences for the user, added to.
        shared_id: whether the choice of `product_id` may be meant for the other file alone.

    Raises:
        DataError: a chosen or required column is not in the file, or several match.
    """
    columns: dict[str, tuple[str, ...]] = {}
    for column, names in known.items():
        if column in chosen:
            found = [_find(path, header, chosen[column], column)] if chosen[column] else []
        is_foreign = column == PRODUCT_ID and shared_id and column in chosen and not any(found)
        if column not in chosen or is_foreign:
            found = [_find(path, header, name, column) for name in names]
        present = tuple(dict.fromkeys(name for name in found if name))
        if present and is_foreign:
            notes.append(
                f"warning: {path.name}: no column {chosen[column]!r}, so {column} is read from {present[0]!r}; if it "
                f"is meant for the other file alone, write --map FILE.{column}={chosen[column]}"
            )
        if present:
            columns[column] = present
        elif chosen.get(column) or column in required:
            has = ", ".join(map(repr, filter(None, header)))
            raise DataError(
                f"{path}:1: column {chosen.get(column) or column!r} is missing; the file has {has}. "
                f"Name the one to use with --map {column}=COLUMN"
            )
    used = {name for names in columns.values() for name in names}
    absent = [column for column in known if column not in columns and column not in chosen]
    return Matched(columns, [name for name in header if name and name not in used], absent)


def _find(path: Path, header: Sequence[str], name: str, column: str) -> str:
    if name in header:
        return name
    found = [other for other in header if other and key(other) == key(name)]
    if len(found) > 1:
        raise DataError(
            f"{path}:1: columns {' and '.join(map(repr, found))} may both be {column}; "
            f"name the one to use with --map {column}=COLUMN"
        )
    return found[0] if found else ""
