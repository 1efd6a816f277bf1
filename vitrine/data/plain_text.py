"""Plain text out of what shops publish as descriptions: HTML remnants, entities, style sheets, odd white space."""

import html
import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

# RE2 patterns, applied in this order; each match becomes a space.
REMNANTS: Final = (
    r"(?is)<!--.*?-->",
    r"(?is)<(script|style)\b[^>]*>.*?</(script|style)\s*>",
    r"(?s)/\*.*?\*/",
    # A style rule that lost its element: selectors on one line, then nothing or `property: value` in the braces.
    r"[#.@*\w][\w \t,.#:>*@-]*\s*\{(\s*|[^{}]*:[^{}]*)\}",
    # A letter must follow, so that "< 5 kg" stays.
    r"</?[A-Za-z!][^<>]*>",
)
SPACES: Final = r"[\s\x00-\x1f\x7f\x{0085}\x{00a0}\x{2000}-\x{200d}\x{2028}\x{2029}\x{202f}\x{3000}\x{feff}]+"


def plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strings [N] with entities resolved, tags and style rules removed, and white space collapsed."""
    column = _unescaped(column)
    for remnant in REMNANTS:
        column = pc.replace_substring_regex(column, remnant, " ")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(column, SPACES, " "))


def _unescaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Resolve entities where there is an ampersand; most texts have none."""
    mask = pc.match_substring(column, "&").combine_chunks()
    resolved = pa.array([_resolve(text) for text in column.filter(mask).to_pylist()], pa.string())
    return pa.chunked_array([pc.replace_with_mask(column.combine_chunks(), mask, resolved)])


def _resolve(text: str) -> str:
    # Shops that capitalise each word capitalise `&nbsp;` with it, and some lose the `#` of `&#39;`.
    text = re.sub(r"&[A-Z][a-z]+;", lambda entity: entity[0].lower(), text)
    return html.unescape(re.sub(r"&(\d{2,5});", r"&#\1;", text))
