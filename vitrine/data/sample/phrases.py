"""Phrases for titles and queries, from the words for categories and attributes."""

from collections.abc import Sequence

import numpy as np

from vitrine.data.sample.attributes import COLOUR, PATTERN
from vitrine.data.sample.categories import CATEGORY

_CANONICAL = 0.45
"""Probability of the canonical name; the synonyms share the rest."""


def pick(options: Sequence[str], rng: np.random.Generator) -> str:
    """Choose one of the options, all equally likely."""
    return options[int(rng.integers(len(options)))]


def noun(category: str, rng: np.random.Generator) -> str:
    """Choose a name of the category."""
    return _choose_name(CATEGORY[category].names, rng)


def colour_word(colour: str, rng: np.random.Generator) -> str:
    """Choose a word for the colour."""
    return _choose_name((colour, *COLOUR[colour].synonyms), rng)


def noun_phrase(
    head: str, colour: str | None, pattern: str | None, material: str | None, rng: np.random.Generator
) -> str:
    """Combine `head` with the attributes that are not None: "red striped cup", "wool scarf in grey with dots"."""
    before: list[str] = []
    after: list[str] = []
    if colour:
        word = colour_word(colour, rng)
        if rng.random() < 0.75:
            before.append(word)
        else:
            after.append(f"in {word}")
    if pattern:
        if rng.random() < 0.6:
            before.insert(int(rng.integers(len(before) + 1)), pick(PATTERN[pattern].adjectives, rng))
        else:
            after.append(pick(PATTERN[pattern].phrases, rng))
    if material:
        before.append(material)
    return " ".join([*before, head, *after])


def with_article(words: str) -> str:
    """Prefix the words with "a" or "an" unless they end in a plural."""
    last = words.split()[-1]
    if last.endswith("s") and not last.endswith("ss"):
        return words
    vowel = words[0].lower() in "aeiou" and not words.startswith("usb")
    return f"{'an' if vowel else 'a'} {words}"


def mistype(text: str, rng: np.random.Generator) -> str:
    """Insert a typing error into one of the text's longer words, if it has any."""
    words = text.split(" ")
    long = [position for position, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    if not long:
        return text
    chosen = long[int(rng.integers(len(long)))]
    word = words[chosen]
    at = int(rng.integers(1, len(word) - 2))
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    words[chosen] = pick(slips, rng)
    return " ".join(words)


def _choose_name(names: Sequence[str], rng: np.random.Generator) -> str:
    return names[0] if rng.random() < _CANONICAL else pick(names[1:], rng)
