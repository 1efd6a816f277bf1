"""Constraints on products that the words of a query express."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

AttributeField = Literal["color", "brand", "category"]
ExcludedField = Literal["color", "brand", "category", "text"]
"""The attribute that an exclusion is about; `text` for any other word."""

Terms = tuple[str, ...]


@dataclass(frozen=True)
class PriceBound:
    """A price range, such as "under 20"; None where a side is open. `words` are those of the query."""

    words: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class PriceLevel:
    """A relative price, such as "cheap": low or high among the products that the rest of the query finds."""

    words: str
    level: Literal["low", "high"]


@dataclass(frozen=True)
class Exclusion:
    """A negation, such as "not red": products with `value`, whose terms are `terms`, are excluded."""

    words: str
    field: ExcludedField
    value: str
    terms: Terms


Constraint = PriceBound | PriceLevel | Exclusion


class Found(NamedTuple):
    """A constraint, and the part [start, end) of the query that expresses it."""

    start: int
    end: int
    constraint: Constraint


@dataclass(frozen=True)
class Interpretation:
    """The text to search for, and the constraints that its former words express."""

    text: str
    constraints: tuple[Constraint, ...] = ()


def cut(text: str, found: Sequence[Found]) -> str:
    """Return a text without the parts that were found, which do not overlap, and without the commas around them."""
    parts, done = [], 0
    for start, end, _ in sorted(found, key=lambda part: part.start):
        parts.append(text[done:start])
        done = end
    words = " ".join([*parts, text[done:]]).split()
    return " ".join(word for word in words if word.strip(",;")).strip(" ,;")
