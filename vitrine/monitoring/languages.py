"""The language of a query, by a rule: the script of its letters, and the function words of languages in Latin script.

Product queries have few words, and detectors of languages that are made for sentences guess at them. Words of a
catalogue are of no language ("iPhone", "tablet"), so a query without function words stays `latin`: what matters here is
whether the mixture changes.
"""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

from vitrine.text.folding import fold
from vitrine.text.languages import FUNCTION_WORDS
from vitrine.text.words import keys_of

LATIN: Final = "latin"
NONE: Final = "none"
"""The language of a query without letters."""
_LANGUAGES: Final = {language: frozenset(words.split()) for language, words in FUNCTION_WORDS.items()}


def language_of_query(query: str) -> str:
    """Return a language such as `german`, or else the script of most letters, such as `latin`, `cyrillic` or `cjk`.

    A query in Latin script has the language with the most function words in it, if that is one language.
    """
    scripts = Counter(_script(character) for character in query if character.isalpha())
    if not scripts:
        return NONE
    script = max(scripts, key=lambda name: (scripts[name], name))
    if script != LATIN:
        return script
    words = [fold(word) for word in keys_of(query)]
    found = {language: sum(word in known for word in words) for language, known in _LANGUAGES.items()}
    most = max(found.values())
    best = [language for language, count in found.items() if count == most]
    return best[0] if most and len(best) == 1 else LATIN


@lru_cache(maxsize=65_536)
def _script(character: str) -> str:
    """Return the first word of a letter's name in Unicode, which is its script."""
    return unicodedata.name(character, "unknown").split(" ", 1)[0].split("-", 1)[0].lower()
