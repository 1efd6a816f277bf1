"""Function words and endings of nouns and adjectives of the languages whose inflection a catalogue's words show.

A text does not say its language, but a catalogue does, by its function words. English needs no table of its own: its
inflection is part of `vitrine.text.rules`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Endings:
    """Endings that a noun or an adjective takes, as they are after folding, which removes accents.

    Attributes:
        added: the endings behind a stem.
        replaced: pairs of endings of a singular and its plural, where the stem itself changes.
    """

    added: tuple[str, ...]
    replaced: tuple[tuple[str, str], ...] = ()


ENDINGS: Final[Mapping[str, Endings]] = {
    "german": Endings(("", "e", "en", "n", "er", "ern", "s", "es", "em")),
    "french": Endings(("", "e", "s", "es", "x"), (("al", "aux"), ("ail", "aux"))),
    "spanish": Endings(("", "e", "s", "es", "o", "a", "os", "as"), (("z", "ces"),)),
}
"""The endings by language; Snowball's stemmers have these names, too."""

FUNCTION_WORDS: Final[Mapping[str, str]] = {
    "english": "the and with for of in to is your from this that are by on",
    "german": "und mit fur aus der die das den dem ein eine einen zum zur von im ist nicht auch auf",
    "french": "le la les des du et avec pour un une dans sur en est sans par vous votre ce aux",
    "spanish": "el la los las y con para de del un una por en es su sin que tus",
    "italian": "il lo gli di del della e con per un una nel sono alla dei che non",
    "portuguese": "os as do da dos das e com para um uma em no na por sem que voce",
    "dutch": "de het een en van met voor op te is uw zijn niet ook aan bij",
    "swedish": "och med for en ett av att som pa den det till ar har inte",
}
"""Frequent function words, folded. The languages without endings here are told apart from those that have some."""

_ENGLISH: Final = (
    "a an the and or but if of to in on at by for from with without into about as is are was were be been am do did "
    "have has had i me my you your he him his she her we our they them their this that these those it its what which "
    "who whose where when why how not no so than then there here all"
)
FUNCTION_TERMS: Final = frozenset(_ENGLISH.split())
"""Terms of English function words, which say nothing of a text's subject. `can`, `down` and others that name things are
not among them."""

SMALLEST_SHARE: Final = 0.01
"""Share of a catalogue's words below which function words say nothing."""


def language_of(words: Mapping[str, int]) -> str:
    """Return the language with the most function words among counted words, or "" where there are hardly any."""
    counts = {
        language: sum(words.get(word, 0) for word in function_words.split())
        for language, function_words in FUNCTION_WORDS.items()
    }
    language = max(counts, key=lambda name: counts[name])
    return language if counts[language] > SMALLEST_SHARE * sum(words.values()) else ""
