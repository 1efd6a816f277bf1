"""Repair of text that was read in the wrong encoding, which leaves C1 control characters in it."""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.text.characters import has_controls

C1: Final = r"[\x{0080}-\x{009f}]"
"""RE2 of the control characters U+0080 to U+009F, which no text has: Windows-1252 has letters at these bytes."""

_MEANT: Final = {code: bytes([code]).decode("cp1252", errors="ignore") or " " for code in range(0x80, 0xA0)}
_UTF_8: Final = re.compile("[\xc2-\xf4][\x80-\xbf]+")


def repair_windows_1252(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Replace C1 control characters in strings [N] by the characters of Windows-1252 that were meant.

    UTF-8 that was read as Latin-1 is read again first. Control characters that mean nothing become spaces.
    """
    if not has_controls(column):
        return column
    whole = column.combine_chunks()
    mask = pc.match_substring_regex(whole, C1)
    if not pc.any(mask).as_py():
        return pa.chunked_array([whole])
    repaired = pa.array([_repaired(text) for text in whole.filter(mask).to_pylist()], pa.string())
    return pa.chunked_array([pc.replace_with_mask(whole, mask, repaired)])


def _repaired(text: str) -> str:
    return _UTF_8.sub(_read_again, text).translate(_MEANT)


def _read_again(found: re.Match[str]) -> str:
    try:
        return found[0].encode("latin-1").decode()
    except UnicodeDecodeError:
        return found[0]
