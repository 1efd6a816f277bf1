"""The labels that a page shows beside results: only those that are probable, and that contradict no category."""

from collections.abc import Collection, Sequence
from typing import Final

from vitrine.features.filter_columns import folded_category
from vitrine.gateway.catalogue.facet_column import at_or_below
from vitrine.gateway.schemas.answers import PredictedCategory
from vitrine.gateway.schemas.values import Label

LEAST: Final = 0.5
"""Probability, calibrated, from which a label is shown: it is then more probable than all others together."""


def asked_categories(filtered: Sequence[str], predicted: Sequence[PredictedCategory]) -> frozenset[str]:
    """Return the folded categories that a search asks for: those of its filter, or else the predicted one.

    A predicted category counts if it is more probable than all others together.
    """
    probable = [each.category for each in predicted[:1] if each.probability >= LEAST]
    return frozenset(map(folded_category, filtered or probable))


def badge(label: Label, probability: float, category: str, asked: Collection[str]) -> Label | None:
    """Return the label to show beside a product, or None.

    Args:
        label: The most probable label.
        probability: Its probability.
        category: The product's category, "" if it is unknown.
        asked: The categories that the search asks for, folded; empty if they are unknown.
    """
    if probability < LEAST:
        return None
    return None if label == "E" and _contradicts(folded_category(category), asked) else label


def _contradicts(category: str, asked: Collection[str]) -> bool:
    """Return whether a category is neither one of `asked`, nor above or below one."""
    if not category or not asked:
        return False
    return not at_or_below(set(asked))(category) and not any(map(at_or_below({category}), asked))
