"""Texts that were read in the wrong encoding."""

from collections.abc import Sequence
from typing import Final

import pyarrow.compute as pc

from vitrine.data.contract.rules import WRONG_ENCODING
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.records import Fault, Records
from vitrine.text.characters import has_controls, is_printable_ascii
from vitrine.text.windows_1252 import C1

MISREAD: Final = r"[\x{00c2}\x{00c3}][\x{0080}-\x{00bf}]|\x{00e2}\x{20ac}"
"""RE2 of letters of UTF-8 that was read as Latin-1 or Windows-1252: `Ã©` for é, `â€™` for an apostrophe."""

LATIN: Final = "--encoding cp1252 reads it"
OTHER: Final = "export it again in UTF-8"


def wrong_encoding(records: Records, columns: Sequence[str], dialect: Dialect) -> list[Fault]:
    """Return a fault for each value with C1 control characters, which only text in another encoding has."""
    remedy = LATIN if dialect.encoding == "latin-1" else OTHER
    return [
        fault
        for column in columns
        if has_controls(records.table[column])
        for fault in records.where(
            pc.match_substring_regex(records.table[column], C1), column, f"{WRONG_ENCODING}; {remedy}"
        )
    ]


def misread(records: Records, columns: Sequence[str]) -> list[Fault]:
    """Return the values that look like UTF-8 that was read in another encoding, and written so."""
    return [
        fault
        for column in columns
        if not is_printable_ascii(records.table[column])
        for fault in records.where(pc.match_substring_regex(records.table[column], MISREAD), column, "looks misread")
    ]
