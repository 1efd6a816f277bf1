"""The reason that a product was found, in words for shoppers."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import Stemmer

from vitrine.gateway.catalogue.product_table import ProductRow, own_category
from vitrine.gateway.schemas import Reason

_WORD: Final = re.compile(r"\w+")
_STRONG: Final = 2.0
"""Standard deviations above a random pair from which a similarity is called very close."""
_NOTABLE: Final = 1.0
"""Standard deviations above a random pair from which a similarity is mentioned."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word in lower case."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def lowercase_words(text: str) -> list[str]:
    """Return the words of a text in lower case and in order."""
    return _WORD.findall(text.casefold())


def matched_words(query: Sequence[str], product: ProductRow) -> list[str]:
    """Return the query's words whose stems are in the product's texts, each once, in the query's order."""
    texts = (product["title"], product["brand"], product["color"], own_category(product), product["description"])
    stems = {stem(word) for text in texts for word in lowercase_words(text)}
    return [word for word in dict.fromkeys(query) if stem(word) in stems]


def explain(query: Sequence[str], product: ProductRow, by_text: float | None, by_image: float | None) -> Reason:
    """Return the reason that `product` was found for a query's words.

    A similarity is None if the query or the product has no text or no image.
    """
    words = matched_words(query, product)
    parts = [f"has {_quoted_list(words)}"] if words else []
    for similarity, noun in ((by_text, "text"), (by_image, "image")):
        if similarity is not None and similarity >= _NOTABLE:
            degree = "very " if similarity >= _STRONG else ""
            parts.append(f"its {noun} is {degree}close to what was asked for")
    summary = "; ".join(parts) or "the closest match, though neither its words nor its similarity are strong"
    return Reason(by_text=by_text, by_image=by_image, words=words, summary=summary[0].upper() + summary[1:])


def _quoted_list(words: Sequence[str]) -> str:
    quoted = [f"“{word}”" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
