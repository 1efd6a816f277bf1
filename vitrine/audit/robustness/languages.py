"""Queries in other languages, word by word from a small dictionary, in the order of the language.

Words are in the form that shoppers type: adjectives do not agree with their noun. Only queries are translated of which
the dictionary has every word.
"""

import csv
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from vitrine.audit.robustness.kind import Kind

DICTIONARY: Final = Path(__file__).with_name("dictionary.csv")
NOUN_FIRST: Final = frozenset({"es", "fr", "ar"})
"""Languages whose adjectives follow their noun."""
_NAMES: Final = {
    "es": "Spanish", "fr": "French", "de": "German", "ja": "Japanese", "romaji": "Japanese in Latin letters",
    "ar": "Arabic",
}  # fmt: skip
_UNSPACED: Final = frozenset({"ja"})
_ARTICLES: Final = frozenset({"a", "an", "the"})


@cache
def dictionary() -> Mapping[str, Mapping[str, str]]:
    """Return the translations of each English word, by language."""
    with DICTIONARY.open(encoding="utf-8", newline="") as file:
        return {row["en"]: row for row in csv.DictReader(file)}


def translate(language: str, query: str, _rng: np.random.Generator) -> str | None:
    """Translate an English query of adjectives and a noun at its end; None if a word is unknown."""
    phrases = _phrases([word for word in query.lower().split() if word not in _ARTICLES])
    if not phrases:
        return None
    translated = [dictionary()[phrase][language] for phrase in phrases]
    if language in NOUN_FIRST:
        translated = [translated[-1], *translated[:-1]]
    return ("" if language in _UNSPACED else " ").join(translated)


def _phrases(words: list[str]) -> list[str]:
    """Return the entries of the dictionary that make up the words, the longest first; none if there is a gap."""
    known, phrases = dictionary(), []
    while words:
        size = next((size for size in (2, 1) if " ".join(words[:size]) in known), 0)
        if not size:
            return []
        phrases.append(" ".join(words[:size]))
        words = words[size:]
    return phrases


LANGUAGES: Final = tuple(
    Kind(f"language_{language}", f"language: {name}", partial(translate, language)) for language, name in _NAMES.items()
)
