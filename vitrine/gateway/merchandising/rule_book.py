"""One version of the rules, with their words analysed as each catalogue analyses its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from weakref import WeakKeyDictionary

from vitrine.features.filter_columns import folded_category
from vitrine.gateway.catalogue.facet_column import at_or_below
from vitrine.gateway.merchandising.rules import Condition, Rule
from vitrine.text.matching import WordMatcher

Phrase = tuple[str, ...]


class RuleBook:
    """Rules that stay as they are. `version` names them."""

    def __init__(self, rules: Sequence[Rule], version: str) -> None:
        self.rules = tuple(rules)
        self.version = version
        self._phrases: WeakKeyDictionary[WordMatcher, list[Phrase]] = WeakKeyDictionary()

    def applying(
        self, catalogue: str, matcher: WordMatcher, queries: Sequence[str], categories: Iterable[str], time: datetime
    ) -> tuple[Rule, ...]:
        """Return the rules that apply to a search, in the order of the file.

        Args:
            catalogue: The catalogue that is searched.
            matcher: The analysis of its words.
            queries: The ways in which the query was written, such as typed and rewritten.
            categories: The categories that the search is about.
            time: The time of the search, with its zone.
        """
        candidates = [
            (rule, phrase)
            for rule, phrase in zip(self.rules, self._analysed(matcher), strict=True)
            if rule.catalogue in (None, catalogue) and rule.applies_at(time)
        ]
        if not candidates:
            return ()
        asked = [matcher.phrase(query) for query in dict.fromkeys(queries)]
        about = [folded_category(category) for category in categories]
        return tuple(rule for rule, phrase in candidates if _is_met(rule.when, phrase, asked, about))

    def _analysed(self, matcher: WordMatcher) -> list[Phrase]:
        """Return the terms of each rule's words in a catalogue; none for a rule without words."""
        if matcher not in self._phrases:
            self._phrases[matcher] = [matcher.phrase(rule.when.query or "") for rule in self.rules]
        return self._phrases[matcher]


def _is_met(condition: Condition, phrase: Phrase, asked: Sequence[Phrase], about: Sequence[str]) -> bool:
    if condition.query is not None:
        if not phrase:  # words without a term, such as "&", mean nothing
            return False
        if condition.match == "exact" and phrase not in asked:
            return False
        if condition.match == "contains" and not any(_contains(query, phrase) for query in asked):
            return False
    if condition.category is None:
        return True
    return any(map(at_or_below({folded_category(condition.category)}), about))


def _contains(query: Phrase, phrase: Phrase) -> bool:
    return any(query[start : start + len(phrase)] == phrase for start in range(len(query) - len(phrase) + 1))
