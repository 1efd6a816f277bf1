"""Surface forms: the same words in another case, with other spaces, signs and characters."""

from typing import Final

import numpy as np

from vitrine.audit.robustness.kind import Kind

_ACCENTED: Final = dict(zip("aeiou", "áéíóú", strict=True))
_EMOJI: Final = ("🙏", "😍", "🔥", "🛒", "❤️", "✨")
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000}
_QUOTES: Final = (("“", "”"), ('"', '"'), ("(", ")"))


def _upper(query: str, _rng: np.random.Generator) -> str:
    return query.upper()


def _title(query: str, _rng: np.random.Generator) -> str:
    return query.title()


def _mixed(query: str, rng: np.random.Generator) -> str:
    upper = rng.random(len(query)) < 0.5
    return "".join(sign.upper() if up else sign.lower() for sign, up in zip(query, upper, strict=True))


def _spaces(query: str, rng: np.random.Generator) -> str:
    gaps = ("  ", "   ", "\t", " \u00a0")
    words = query.split(" ")
    drawn = [gaps[int(rng.integers(len(gaps)))] for _ in words]
    return "  " + "".join(word + gap for word, gap in zip(words, drawn, strict=True))


def _punctuation(query: str, rng: np.random.Generator) -> str:
    words = query.split(" ")
    if len(words) > 1:
        at = int(rng.integers(1, len(words)))
        words[at - 1] += ","
    return " ".join(words) + ("!", "?", ".", "!!!", " ...")[int(rng.integers(5))]


def _quoted(query: str, rng: np.random.Generator) -> str:
    before, after = _QUOTES[int(rng.integers(len(_QUOTES)))]
    return f"{before}{query}{after}"


def _emoji(query: str, rng: np.random.Generator) -> str:
    return f"{query} {_EMOJI[int(rng.integers(len(_EMOJI)))]}"


def _accents(query: str, rng: np.random.Generator) -> str | None:
    """Write an accent on one vowel, as keyboards of other languages do."""
    places = [at for at, sign in enumerate(query) if sign in _ACCENTED]
    if not places:
        return None
    at = places[int(rng.integers(len(places)))]
    return query[:at] + _ACCENTED[query[at]] + query[at + 1 :]


def _full_width(query: str, _rng: np.random.Generator) -> str:
    """Write the characters in the width of ideographs, as East Asian keyboards do."""
    return query.translate(_FULL_WIDTH)


SURFACE: Final = (
    Kind("case_upper", "case: UPPER", _upper),
    Kind("case_title", "case: Title", _title),
    Kind("case_mixed", "case: mIxED", _mixed),
    Kind("spacing", "spaces, tabs", _spaces),
    Kind("punctuation", "punctuation", _punctuation),
    Kind("quotes", "quotes, brackets", _quoted),
    Kind("emoji", "emoji", _emoji),
    Kind("accents", "an accent too many", _accents),
    Kind("full_width", "full-width characters", _full_width),
)
