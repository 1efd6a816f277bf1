"""Prices in queries: clear bounds, such as "under 20", and levels, such as "cheap".

A number alone is no price: "size 20", "iphone 12". After a comparison it is one if a currency or nothing follows,
but not if anything else does that could be measured or counted: "under 20 inch", "over 18 pieces", "for kids under 10".
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from vitrine.interpretation.constraint import Found, PriceBound, PriceLevel

MAX_PRICE: Final = 1e15

_SIGN: Final = "[$€£¥₹]"
_CURRENCY: Final = rf"(?:{_SIGN}|(?:dollars?|usd|bucks|euros?|eur|gbp|quid|chf|aud|cad|inr|yen)\b)"
_NUMBER: Final = r"[0-9]++(?:[.,'][0-9]++)*+"


def _amount(name: str) -> str:
    return rf"(?P<sign_{name}>{_SIGN} ?)?(?P<{name}>{_NUMBER})(?! ?%)(?P<unit_{name}> ?{_CURRENCY})?"


_PREFIX: Final = r"(?:(?:priced|price|costing|costs?|for|pour|für|por) )?"
_BELOW: Final = (
    r"(?:not over|(?:no|not) more than|not above|under|below|less than|lower than|cheaper than|up to|at most"
    r"|unter|weniger als|höchstens|bis(?: zu)?|moins de|jusqu'à|menos de|hasta)"
)
_ABOVE: Final = (
    r"(?:(?:no|not) less than|over|above|more than|at least|starting (?:at|from)|upwards of"
    r"|über|mehr als|mindestens|ab|plus de|à partir de|más de|a partir de|desde)"
)
_FIRST: Final = r"(?:between|from|zwischen|von|entre|de)"
_SECOND: Final = r"(?:and|to|und|bis|et|y|à|a|-|–)"

_RANGES: Final = (
    rf"\b{_PREFIX}(?P<word>{_FIRST}) {_amount('low')} ?{_SECOND} ?{_amount('high')}",
    rf"(?<![\w.,-])(?P<word>){_amount('low')} ?(?:-|–|to|bis) ?{_amount('high')}",
)
_BOUNDS: Final = (
    rf"\b{_PREFIX}(?P<word>{_BELOW}) {_amount('high')}",
    rf"(?<!\S)(?P<word>)[<≤]=? ?{_amount('high')}",
    rf"\b{_PREFIX}(?P<word>{_ABOVE}) {_amount('low')}",
    rf"(?<!\S)(?P<word>)[>≥]=? ?{_amount('low')}",
    rf"(?<![\w.,-])(?P<word>){_amount('high')} (?:or|and) (?:less|under|below|cheaper)\b",
    rf"(?<![\w.,-])(?P<word>){_amount('low')}(?:\+| (?:or|and) (?:more|up|above|over)\b)",
)
_PATTERNS: Final = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*_RANGES, *_BOUNDS))

_NEXT_WORD: Final = re.compile(r"[ ,;]*([^\s,;]*)")
_LAST_WORD: Final = re.compile(r"([^\W\d]+)[ ,;]*$")
_FUNCTION_WORDS: Final = frozenset(
    {
        "a",
        "an",
        "and",
        "any",
        "at",
        "by",
        "for",
        "from",
        "my",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "please",
        "that",
        "the",
        "to",
        "which",
        "with",
        "without",
        "above",
        "below",
        "between",
        "over",
        "under",
        "für",
        "mit",
        "ohne",
        "oder",
        "und",
        "avec",
        "et",
        "ou",
        "pour",
        "sans",
        "con",
        "o",
        "para",
        "sin",
        "y",
    }
)
"""Words that may follow a price without a currency. Not `in`, which may be inches."""
_COUNTED: Final = frozenset(
    {
        "age",
        "aged",
        "ages",
        "adult",
        "adults",
        "baby",
        "babies",
        "boy",
        "boys",
        "child",
        "children",
        "girl",
        "girls",
        "infant",
        "infants",
        "kid",
        "kids",
        "man",
        "men",
        "people",
        "person",
        "persons",
        "senior",
        "seniors",
        "size",
        "sizes",
        "teen",
        "teens",
        "toddler",
        "toddlers",
        "woman",
        "women",
    }
)
"""Words in front of a comparison whose number is an age or a size."""

_LOW: Final = (
    r"(?:not (?:too |so |very |that )?(?:expensive|pricey)|cheap(?:er|est)?|affordable|inexpensive|low[- ]cost"
    r"|low[- ]price[ds]?|günstig\w*+|preiswert\w*+|billig\w*+|pas chers?|bon marché|barat[oa]s?)"
)
_HIGH: Final = r"(?:not (?:too |so |very |that )?cheap|(?:most )?expensive|pricey|high[- ]priced|teuer|teure\w?)"
_LOW_IN_NAMES: Final = r"(?:budget(?:[- ]friendly)?|bargain|economical)"
_HIGH_IN_NAMES: Final = r"(?:premium|luxury|luxurious|high[- ]end|upscale)"
"""Words that titles have, too; in a catalogue that has them there, they mean what they say."""

IsWritten = Callable[[str], bool]
"""A function that tells whether titles of the catalogue have a phrase."""


def find_bounds(text: str, is_value: Callable[[str], bool]) -> Iterator[Found]:
    """Yield the bounds in a text; `is_value` is true of words that are a colour, a brand or a category."""
    taken: list[tuple[int, int]] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            bound = _bound(match, text, is_value)
            if bound is not None:
                taken.append(match.span())
                yield Found(*match.span(), bound)


def find_levels(text: str, is_written: IsWritten) -> Iterator[Found]:
    """Yield the price levels in a text, except in names of the catalogue such as "budget planner"."""
    for words, in_names, level in ((_LOW, _LOW_IN_NAMES, "low"), (_HIGH, _HIGH_IN_NAMES, "high")):
        for match in re.finditer(rf"(?<![\w-])(?:(?P<own>{words})|{in_names})(?![\w-])", text, re.IGNORECASE):
            written = match.group()
            following = _NEXT_WORD.match(text, match.end())
            next_word = following[1] if following else ""
            is_name = is_written(f"{written} {next_word}") if match["own"] and next_word else is_written(written)
            is_name &= bool(next_word) or not match["own"]
            if not is_name and not _is_negated(text, match.start()):
                yield Found(*match.span(), PriceLevel(written, "low" if level == "low" else "high"))


def _is_negated(text: str, start: int) -> bool:
    """Return whether "not" stands in front of a level: "not cheap" is another pattern's match."""
    return re.search(r"\bnot (?:too |so |very |that )?$", text[:start], re.IGNORECASE) is not None


def _bound(match: re.Match[str], text: str, is_value: Callable[[str], bool]) -> PriceBound | None:
    groups = match.groupdict()
    has_currency = any(groups.get(f"{kind}_{name}") for kind in ("sign", "unit") for name in ("low", "high"))
    if not has_currency and not (match["word"] and _stands_alone(match, text, is_value)):
        return None
    if has_currency and text[match.end() : match.end() + 1].isalnum():
        return None
    low, high = (_price(groups.get(name)) for name in ("low", "high"))
    if low is not None and high is not None:
        low, high = min(low, high), max(low, high)
    return None if max(low or 0, high or 0) > MAX_PRICE else PriceBound(match.group().strip(), low, high)


def _stands_alone(match: re.Match[str], text: str, is_value: Callable[[str], bool]) -> bool:
    """Return whether a number without a currency is a price by the words around it."""
    following, before = _NEXT_WORD.match(text, match.end()), _LAST_WORD.search(text[: match.start()])
    next_word = following[1].casefold() if following else ""
    if text[match.end() : match.end() + 1] not in ("", " ", ",", ";", ".", "!", "?", ")"):
        return False
    if before and before[1].casefold() in _COUNTED:
        return False
    return not next_word.strip(".!?)") or next_word in _FUNCTION_WORDS or is_value(next_word)


def _price(written: str | None) -> float | None:
    """Return a number: three digits behind a separator are thousands, fewer are decimals."""
    if not written:
        return None
    whole = re.sub(r"[.,'](?=[0-9]{3}(?![0-9]))", "", written)
    head, separator, decimals = whole.replace(",", ".").replace("'", ".").rpartition(".")
    return float(f"{head.replace('.', '')}.{decimals}") if separator else float(whole)
