"""Conversion of published product descriptions to plain text: HTML, entities, style sheets and white space."""

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.text.characters import has_byte, has_odd_spaces
from vitrine.text.windows_1252 import repair_windows_1252

# Pairs of a marker that must occur and an RE2 pattern, applied in this order; each match becomes a space.
REMNANTS: Final = (
    ("<!--", r"(?is)<!--.*?-->"),
    ("<", r"(?is)<(script|style)\b[^>]*>.*?</(script|style)\s*>"),
    ("/*", r"(?s)/\*.*?\*/"),
    # A style rule that lost its element: selectors on one line, then nothing or `property: value` in the braces.
    ("{", r"[#.@*\w][\w \t,.#:>*@-]*\s*\{(\s*|[^{}]*:[^{}]*)\}"),
    # A letter must follow, so that "< 5 kg" stays.
    ("<", r"</?[A-Za-z!][^<>]*>"),
)
SPACES: Final = (
    r"[\s\x00-\x1f\x7f\x{0085}\x{00a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}"
    r"\x{202f}\x{205f}\x{3000}\x{feff}]+"
)


def plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Resolve entities, remove tags and style rules, and collapse white space in strings [N].

    Characters of Windows-1252 that were read as Latin-1 are repaired, as browsers do.
    """
    column = _unescaped(repair_windows_1252(column))
    for marker, remnant in REMNANTS:
        column = _where(column, marker, partial(pc.replace_substring_regex, pattern=remnant, replacement=" "))
    if not has_odd_spaces(column):
        column = _where(column, "  ", partial(pc.replace_substring_regex, pattern=" +", replacement=" "))
        return pc.ascii_trim_whitespace(column)
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(column, SPACES, " "))


def _unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return _where(column, "&", lambda texts: pa.array([_resolve(text) for text in texts.to_pylist()], pa.string()))


def _where(column: pa.ChunkedArray, marker: str, change: Callable[[pa.Array], pa.Array]) -> pa.ChunkedArray:
    """Apply `change` to the values that contain `marker`; most texts have none, and the check is cheap."""
    if not has_byte(column, marker[0]):
        return column
    whole = column.combine_chunks()
    mask = pc.match_substring(whole, marker)
    if not pc.any(mask).as_py():
        return pa.chunked_array([whole])
    return pa.chunked_array([pc.replace_with_mask(whole, mask, change(whole.filter(mask)))])


def _resolve(text: str) -> str:
    # Shops that capitalise each word capitalise `&nbsp;` with it, and some lose the `#` of `&#39;`.
    text = re.sub(r"&[A-Z][a-z]+;", lambda entity: entity[0].lower(), text)
    return html.unescape(re.sub(r"&(\d{2,5});", r"&#\1;", text))
