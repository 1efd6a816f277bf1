"""Negations in queries: "not red", "without handle", "no lace", "sugar-free", "non-slip" and "-red".

A negation that the catalogue writes itself is a name: "nonstick", "sugar free", "no show socks".
"""

import re
from collections.abc import Iterator
from typing import Final, Protocol

from vitrine.interpretation.constraint import ExcludedField, Exclusion, Found, Terms

MAX_WORDS: Final = 3
"""Words of the longest phrase that is excluded."""

_WITHOUT: Final = re.compile(
    r"(?<![\w-])(?:but not|and not|not|without|excluding|except(?: for)?|minus|ohne|sans|sin)\s+"
    r"(?:(?:any|a|an|the|in|with)\s+)?(?=[^\W\d])",
    re.IGNORECASE,
)
_NO: Final = re.compile(r"(?<![\w-])(?:no|kein(?:e[mnrs]?)?)\s+(?=[^\W\d])", re.IGNORECASE)
_OR: Final = re.compile(r"\s+(?:n?or|oder|ou|o)\s+([^\W\d_][\w'’-]*)", re.IGNORECASE)
_MINUS: Final = re.compile(r"(?<!\S)-(?=[^\W\d])")
_FREE: Final = re.compile(
    r"(?<![\w-])(?P<word>[^\W\d_]{2,})(?:-free|(?P<space> )free(?! (?:shipping|delivery|gift|return|sample|trial)))"
    r"(?![\w-])",
    re.IGNORECASE,
)
_NON: Final = re.compile(r"(?<![\w-])non[- ](?P<word>[^\W\d_]{3,})(?![\w-])", re.IGNORECASE)

_PHRASE_WORD: Final = re.compile(r"[ ]?([^\W\d_][\w'’-]*)")
_PHRASE_END: Final = frozenset(
    {
        "and",
        "or",
        "but",
        "for",
        "with",
        "without",
        "in",
        "on",
        "of",
        "to",
        "not",
        "no",
        "at",
        "by",
        "from",
        "under",
        "over",
        "below",
        "above",
    }
)
_NEVER_EXCLUDED: Final = frozenset(
    {
        "a",
        "an",
        "any",
        "hands",
        "more",
        "less",
        "only",
        "than",
        "the",
        "too",
        "very",
        "so",
        "just",
        "longer",
        "problem",
        "one",
        "get",
    }
)
"""Words with which a negation means something else: "hands free", "no more", "not only", "not too big"."""


class Catalogue(Protocol):
    """The words of a catalogue, as far as negations need them."""

    def terms_of(self, phrase: str) -> Terms:
        """Return the terms of a phrase."""
        ...

    def knows(self, terms: Terms) -> bool:
        """Return whether texts of products have all the terms."""
        ...

    def writes(self, phrase: str) -> bool:
        """Return whether titles have the phrase's terms side by side, or a phrase of one term at all."""
        ...

    def field_of(self, phrase: str) -> ExcludedField:
        """Return the attribute that has the phrase as a value."""
        ...


def find_negations(text: str, catalogue: Catalogue) -> Iterator[Found]:
    """Yield the negations in a text that the catalogue does not write, and whose words it knows."""
    done = 0
    for match in sorted(_matches(text), key=re.Match.start):
        if match.start() < done:
            continue
        found = _exclusion(match, text, catalogue)
        while found is not None:
            done = found.end
            yield found
            found = _alternative(found, text, catalogue)


def _matches(text: str) -> Iterator[re.Match[str]]:
    for pattern in (_WITHOUT, _NO, _MINUS, _FREE, _NON):
        yield from pattern.finditer(text)


def _exclusion(match: re.Match[str], text: str, catalogue: Catalogue) -> Found | None:
    if "word" in match.re.groupindex:
        start, end, phrase = *match.span(), match["word"]
        if match.groupdict().get("space") and catalogue.field_of(phrase) != "text":
            return None  # headphones free ear pads
    else:
        chosen = _phrase(match, text, catalogue)
        if chosen is None:
            return None
        start, (end, phrase) = match.start(), chosen
    terms = catalogue.terms_of(phrase)
    if not terms or phrase.casefold() in _NEVER_EXCLUDED or not catalogue.knows(terms):
        return None
    if _may_be_a_name(match) and catalogue.writes(text[start:end]):
        return None
    return Found(start, end, Exclusion(text[start:end].strip(), catalogue.field_of(phrase), phrase, terms))


def _alternative(found: Found, text: str, catalogue: Catalogue) -> Found | None:
    """Return the exclusion of a second colour, brand or category: `blue` of "not red or blue"."""
    match = _OR.match(text, found.end)
    field = found.constraint.field if isinstance(found.constraint, Exclusion) else "text"
    if match is None or field == "text" or catalogue.field_of(match[1]) != field:
        return None
    return Found(*match.span(), Exclusion(match.group().strip(), field, match[1], catalogue.terms_of(match[1])))


def _may_be_a_name(match: re.Match[str]) -> bool:
    """Return whether a product may have a negation in its name, as "sugar free" or "not your mother's"."""
    return match.re not in (_MINUS, _WITHOUT) or match.group().casefold().startswith("not ")


def _phrase(match: re.Match[str], text: str, catalogue: Catalogue) -> tuple[int, str] | None:
    """Return the end of the excluded phrase, and the phrase; None if it is not clear where it ends.

    Of several words, those that titles have side by side are one phrase. A phrase also ends before a colour, a brand or
    a category, and "not" is about such a word alone.
    """
    words = _words(text, match.end())
    words = words[:1] if match.re is _MINUS else words
    for count in range(len(words), 0, -1):
        phrase = text[words[0].start(1) : words[count - 1].end()]
        is_last = count == len(words)
        is_clear = count == 1 if is_last else catalogue.field_of(words[count][1]) != "text"
        is_clear |= match.group().casefold().startswith("not") and catalogue.field_of(phrase) != "text"
        if is_clear or (count > 1 and catalogue.writes(phrase)):
            return words[count - 1].end(), phrase
    return None


def _words(text: str, start: int) -> list[re.Match[str]]:
    """Return the words that a negation may be about, at most `MAX_WORDS`."""
    words: list[re.Match[str]] = []
    while len(words) < MAX_WORDS and (match := _PHRASE_WORD.match(text, start)):
        word = match[1].casefold()
        if word in _PHRASE_END or (not words and word in _NEVER_EXCLUDED):
            break
        words.append(match)
        start = match.end()
    return words
