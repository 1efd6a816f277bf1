"""Typing errors: one in one of a query's longer words, never in its first letter, as most real ones are.

The four kinds are those of Damerau (1964), "A technique for computer detection and correction of spelling errors", with
the neighbouring key as the wrong letter, and the doubled letter as the one too many.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from vitrine.audit.robustness.kind import Kind, Rewrite, pick

SHORTEST: Final = 4
"""Letters of the shortest word that gets a typing error; shorter ones become other words."""
_ROWS: Final = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_PLACES: Final = {
    key: (row, column + shift) for row, (keys, shift) in enumerate(_ROWS) for column, key in enumerate(keys)
}

Slip = Callable[[str, np.random.Generator], str | None]


def neighbours(letter: str) -> list[str]:
    """Return the keys beside a lower-case letter on a QWERTY keyboard; none for other characters."""
    if letter not in _PLACES:
        return []
    row, column = _PLACES[letter]
    near = ((key, abs(place[0] - row), abs(place[1] - column)) for key, place in _PLACES.items())
    return sorted(key for key, rows, columns in near if key != letter and rows <= 1 and columns <= 1)


def _neighbour(word: str, rng: np.random.Generator) -> str | None:
    places = [at for at in range(1, len(word)) if neighbours(word[at])]
    if not places:
        return None
    at = pick(places, rng)
    keys = neighbours(word[at])
    return word[:at] + keys[int(rng.integers(len(keys)))] + word[at + 1 :]


def _swap(word: str, rng: np.random.Generator) -> str | None:
    places = [at for at in range(1, len(word) - 1) if word[at] != word[at + 1]]
    if not places:
        return None
    at = pick(places, rng)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _drop(word: str, rng: np.random.Generator) -> str | None:
    at = pick(list(range(1, len(word))), rng)
    return word[:at] + word[at + 1 :]


def _double(word: str, rng: np.random.Generator) -> str | None:
    at = pick(list(range(1, len(word))), rng)
    return word[:at] + word[at] + word[at:]


def _in_a_word(slip: Slip) -> Rewrite:
    """Return a rewrite that applies `slip` to one of a query's words of letters."""

    def rewrite(query: str, rng: np.random.Generator) -> str | None:
        words = query.split(" ")
        long = [at for at, word in enumerate(words) if len(word) >= SHORTEST and word.isalpha()]
        if not long:
            return None
        at = pick(long, rng)
        changed = slip(words[at].lower(), rng)
        return None if changed is None else " ".join([*words[:at], changed, *words[at + 1 :]])

    return rewrite


TYPOS: Final = (
    Kind("typo_neighbour", "typo: neighbouring key", _in_a_word(_neighbour)),
    Kind("typo_swap", "typo: letters swapped", _in_a_word(_swap)),
    Kind("typo_drop", "typo: letter dropped", _in_a_word(_drop)),
    Kind("typo_double", "typo: letter doubled", _in_a_word(_double)),
)
