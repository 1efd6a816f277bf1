"""The settings of query interpretation. This module imports nothing heavy."""

from vitrine.settings import Section


class InterpretationSettings(Section):
    """The kinds of words that become filters."""

    prices: bool = True
    """Filter by "under 20" and "cheap", where at least half of the products have a price."""
    negations: bool = True
    """Exclude by "not red", "without handle", "sugar-free" and "-red"."""
