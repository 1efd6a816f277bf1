"""Why a product was found, for people."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import Stemmer

from vitrine.gateway.schemas import Why

_WORD: Final = re.compile(r"\w+")
_SHOWN: Final = ("title", "brand", "color", "category", "description")
_STRONG: Final = 2.0
_SOME: Final = 1.0
"""Standard deviations above a random pair from which a similarity is called strong, or is mentioned at all."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of an English word in lower case."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return Stemmer.Stemmer("english")


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case and in order."""
    return _WORD.findall(text.casefold())


def matched(query: Sequence[str], product: Mapping[str, Any]) -> list[str]:
    """Those of the query's words that the product has in some form, in the query's order."""
    stems = {stem(word) for name in _SHOWN for word in words_of(product[name])}
    return [word for word in dict.fromkeys(query) if stem(word) in stems]


def explain(query: Sequence[str], product: Mapping[str, Any], by_text: float | None, by_image: float | None) -> Why:
    """Put together why `product` was found for a query's words; a similarity is None where there is no such side."""
    words = matched(query, product)
    parts = [f"has {_listed(words)}"] if words else []
    for value, side in ((by_text, "text"), (by_image, "picture")):
        if value is not None and value >= _SOME:
            parts.append(f"its {side} is {'very ' if value >= _STRONG else ''}close to what was asked for")
    summary = "; ".join(parts) or "the closest that there is, though neither words nor likeness are strong"
    return Why(by_text=by_text, by_image=by_image, words=words, summary=summary[0].upper() + summary[1:])


def _listed(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
