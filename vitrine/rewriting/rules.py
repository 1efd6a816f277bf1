"""Query rewriting by rules: widths, spelling, then forms, units and synonyms."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from vitrine.rewriting.forms import Forms
from vitrine.rewriting.rewrite import MAX_QUERY, Change, Rewrite
from vitrine.rewriting.settings import RulesSettings
from vitrine.rewriting.spelling import Spelling, english_words
from vitrine.rewriting.synonyms import Synonyms, read_synonyms
from vitrine.rewriting.units import Units
from vitrine.rewriting.widths import Widths
from vitrine.text.folding import fold
from vitrine.text.inflection import other_forms

MAX_PASSES: Final = 4
"""Maximum number of passes: the result of one rule may match another. A query that still changes then is left as it
is."""

Step = Callable[[str], tuple[str, list[Change]]]


class Rules:
    """A rewriter that applies its steps until nothing changes, so that rewriting twice equals rewriting once."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps

    async def rewrite(self, query: str) -> Rewrite:
        """Rewrite a query without waiting."""
        return self.apply(query)

    async def close(self) -> None:
        """Do nothing: no connection is open."""

    def apply(self, query: str) -> Rewrite:
        """Rewrite a query of up to 1,000 characters; longer ones pass unchanged."""
        if len(query) > MAX_QUERY:
            return Rewrite(query, (), "rules")
        text = query
        changes: list[Change] = []
        for _ in range(MAX_PASSES):
            before = len(changes)
            text = unicodedata.normalize("NFC", text)
            for step in self._steps:
                text, step_changes = step(text)
                changes += step_changes
            if len(text) > MAX_QUERY:
                break
            if len(changes) == before:
                return Rewrite(text if changes else query, tuple(changes), "rules")
        return Rewrite(query, (), "rules")


def build_rules(settings: RulesSettings, vocabulary: Mapping[str, int]) -> Rules:
    """Build the steps that are enabled in the settings.

    Raises:
        ConfigError: The file of synonyms cannot be used.
    """
    synonyms = read_synonyms(settings.synonyms, vocabulary) if settings.synonyms else Synonyms({})
    steps: list[Step] = []
    forms = other_forms(_folded(vocabulary)) if settings.spelling or settings.forms else {}
    if settings.forms:
        steps.append(Widths(vocabulary).normalise)
    if settings.spelling:
        other_words = synonyms.words | (english_words() if settings.english else set())
        steps.append(Spelling(vocabulary, other_words, settings.min_count, settings.max_edits, forms).correct)
    if settings.forms:
        steps.append(Forms(vocabulary, synonyms.words, settings.min_count, forms).normalise)
    if settings.units:
        steps.append(Units(vocabulary).normalise)
    return Rules([*steps, synonyms.replace])


def _folded(vocabulary: Mapping[str, int]) -> dict[str, int]:
    """Return how often a catalogue has each word of letters, folded."""
    counts: Counter[str] = Counter()
    for word, count in vocabulary.items():
        if word.isalpha():
            counts[fold(word)] += count
    return dict(counts)
