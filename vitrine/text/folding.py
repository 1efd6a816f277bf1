"""Folding of characters: Unicode's compatibility forms, case and accents removed, and everything else a space.

One table from characters to texts does all of it, so that `str.translate` and a gather in a graph cannot differ.
"""

import unicodedata
from functools import cache
from typing import Final

FOLDED: Final = 0x20000
"""Characters below this number are folded. Those above are rare ideographs, which have no other form."""

PUNCTUATION: Final = "'\"-.,/"
"""Punctuation that the rules of `vitrine.text.rules` read."""

_LETTERS: Final = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n",
    "ĸ": "k", "ə": "e", "ſ": "s", "×": "x",
}  # fmt: skip
"""Letters that do not decompose."""

_SIGNS: Final = {
    **dict.fromkeys("’‘‛ʼ′´`ʻ", "'"), **dict.fromkeys("“”„‟″", '"'), **dict.fromkeys("‐‑‒–—―−_", "-"),
    **dict.fromkeys("™℠©®", " "), "⁄": "/", "∕": "/", "&": " and ", "№": " no ",
}  # fmt: skip

_DROPPED: Final = (
    range(0x0300, 0x0370), range(0x0591, 0x05C8), range(0x0610, 0x061B), range(0x0640, 0x0641), range(0x064B, 0x0660),
    range(0x0670, 0x0671), range(0x1AB0, 0x1B00), range(0x1DC0, 0x1E00), range(0x20D0, 0x2100), range(0xFE20, 0xFE30),
    range(0x00AD, 0x00AE), range(0x200B, 0x200E), range(0x2060, 0x2061), range(0xFE00, 0xFE10), range(0xFEFF, 0xFF00),
)  # fmt: skip
"""Blocks of accents and points, and of characters without a width. The vowel signs of Indic scripts and the voicing
marks of Japanese make other words, and stay."""


@cache
def folding_table() -> dict[int, str]:
    """Return the folded text of each character below `FOLDED` that folding changes, for `str.translate`."""
    folded = {code: _fold(chr(code)) for code in range(FOLDED)}
    return {code: text for code, text in folded.items() if text != chr(code)}


def fold(text: str) -> str:
    """Fold each character of a text by itself."""
    return text.translate(folding_table())


def _fold(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    text = "".join(_fold_part(part) for part in decomposed)
    return f" {text}" if "/" in text and len(text) > 1 else text  # 1½ is not 11/2


def _fold_part(part: str) -> str:
    if any(ord(part) in block for block in _DROPPED):
        return ""
    if part in PUNCTUATION:
        return part
    if part in _LETTERS or part in _SIGNS:
        return _LETTERS.get(part) or _SIGNS[part]
    kind = unicodedata.category(part)
    if kind == "Nd":
        return str(unicodedata.decimal(part))
    return part if kind[0] in "LMN" else " "
