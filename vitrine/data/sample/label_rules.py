"""The rules that label each pair of a query and a product.

A query requests a category, by one of its names or by a purpose ("something to keep tea warm"), and any of five
attributes: colour, pattern, material, brand and size.

=================================  ==================================  ============
the product's category             the requested attributes            label
=================================  ==================================  ============
the requested one                  all match                           E exact
the requested one                  at least one differs                S substitute
a substitute of it                 any                                 S substitute
a complement of it                 any                                 C complement
any other                          any                                 I irrelevant
=================================  ==================================  ============

A substitute serves the same purpose: boots for sneakers. A complement is used together with the requested product: a
case for a phone, and a phone for a case, but never another phone. Both relations are symmetric, and no pair is in both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Relation = Literal["same", "substitute", "complement", "unrelated"]

ATTRIBUTES: Final = ("colour", "pattern", "material", "brand", "size")
"""The attributes that a query can request besides the category."""

_SUBSTITUTES: Final = (
    ("mug", "travel mug"), ("travel mug", "bottle"), ("teapot", "kettle"), ("t-shirt", "sweater"),
    ("sneakers", "boots"), ("phone", "camera"), ("camera bag", "backpack"), ("backpack", "tote bag"),
    ("lamp", "candle"), ("chair", "stool"),
)  # fmt: skip

_COMPLEMENTS: Final = (
    ("mug", "teapot"), ("mug", "kettle"), ("travel mug", "kettle"), ("pan", "lid"), ("bottle", "backpack"),
    ("sneakers", "socks"), ("boots", "socks"), ("sweater", "scarf"), ("dress", "hat"), ("dress", "scarf"),
    ("hat", "sunglasses"), ("t-shirt", "sunglasses"), ("boots", "umbrella"),
    ("phone", "phone case"), ("phone", "charger"), ("phone", "headphones"), ("camera", "tripod"),
    ("camera", "camera bag"), ("tote bag", "bottle"), ("watch", "sunglasses"), ("watch", "charger"),
    ("book", "lamp"), ("book", "tote bag"), ("lamp", "table"), ("chair", "table"), ("stool", "table"),
    ("chair", "pillow"), ("vase", "table"), ("vase", "candle"), ("table", "rug"), ("candle", "table"),
    ("guitar", "guitar strap"), ("guitar", "stool"), ("bicycle", "helmet"), ("bicycle", "bottle"),
)  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """The category and attributes of a product, or those a query requests; None for an attribute not requested."""

    category: str
    colour: str | None = None
    pattern: str | None = None
    material: str | None = None
    brand: str | None = None
    size: str | None = None


def _symmetric(pairs: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset(pair for a, b in pairs for pair in ((a, b), (b, a)))


_RELATIONS: Final[dict[tuple[str, str], Relation]] = {
    **dict.fromkeys(_symmetric(_SUBSTITUTES), "substitute"),
    **dict.fromkeys(_symmetric(_COMPLEMENTS), "complement"),
}


def relation(requested: str, offered: str) -> Relation:
    """Return the relation of the offered category to the requested one."""
    return "same" if requested == offered else _RELATIONS.get((requested, offered), "unrelated")


def complements(category: str) -> tuple[str, ...]:
    """Return the complements of a category in alphabetical order."""
    return tuple(
        sorted(other for (first, other), kind in _RELATIONS.items() if (first, kind) == (category, "complement"))
    )


def label(query: Traits, product: Traits) -> str:
    """Return E, S, C or I by the table in the module's docstring."""
    match relation(query.category, product.category):
        case "same":
            requested = [name for name in ATTRIBUTES if getattr(query, name) is not None]
            return "E" if all(getattr(query, name) == getattr(product, name) for name in requested) else "S"
        case "substitute":
            return "S"
        case "complement":
            return "C"
        case _:
            return "I"
