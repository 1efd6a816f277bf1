"""Views of a product's texts for one step, and the other products that they fit, too."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

WORD: Final = re.compile(r"\w+")
SHORT: Final = (1, 5)
"""Smallest and largest number of words in a short view."""


def draw_view(texts: Sequence[str], short_share: float, rng: np.random.Generator) -> str:
    """Draw one of a product's texts, or with the probability `short_share` a few words of it, in their order."""
    text = texts[int(rng.integers(len(texts)))]
    if rng.random() >= short_share:
        return text
    words = text.split()
    count = min(int(rng.integers(SHORT[0], SHORT[1] + 1)), len(words))
    return " ".join(words[place] for place in np.sort(rng.permutation(len(words))[:count]))


def fits(views: Sequence[str], texts: Sequence[Sequence[str]]) -> npt.NDArray[np.bool_]:
    """Return whether product j has all words of view i: bool [B, B].

    Such a view fits the image of that product as well, which must not count as a negative.
    """
    wanted = [_words(view) for view in views]
    offered = [_words(" ".join(own)) for own in texts]
    column = {word: place for place, word in enumerate(set().union(*wanted))}
    left, right = (_bags(words, column) for words in (wanted, offered))
    fitting: npt.NDArray[np.bool_] = left @ right.T == left.sum(axis=1, keepdims=True)
    return fitting


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.casefold()))


def _bags(words: Sequence[set[str]], column: dict[str, int]) -> npt.NDArray[np.float32]:
    bags = np.zeros((len(words), len(column)), np.float32)
    for row, own in enumerate(words):
        bags[row, [column[word] for word in own if word in column]] = 1
    return bags
