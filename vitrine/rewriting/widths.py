"""Full-width letters, digits and signs, as East Asian keyboards write them, in their ordinary width.

The analysis of texts reads both alike; encoders know the ordinary ones.
"""

from collections.abc import Container
from typing import Final

from vitrine.rewriting.rewrite import Change
from vitrine.text.words import tokenize

_ORDINARY: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


class Widths:
    """The ordinary width of words that a catalogue does not have in full width."""

    def __init__(self, vocabulary: Container[str]) -> None:
        self._vocabulary = vocabulary

    def normalise(self, text: str) -> tuple[str, list[Change]]:
        """Write words in full width in their ordinary width; the characters between them stay."""
        parts: list[str] = []
        changes: list[Change] = []
        done = 0
        for word in tokenize(text):
            before = text[word.start : word.end]
            after = before.translate(_ORDINARY)
            if after != before and word.key not in self._vocabulary:
                changes.append(Change("form", before, after))
                parts += [text[done : word.start], after]
                done = word.end
        return "".join([*parts, text[done:]]), changes
