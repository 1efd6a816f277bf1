"""The rules that give each pair of a query and a product its label.

A query asks for a category, under any of its names or by a purpose ("something to keep tea warm"), and for any of five
attributes: colour, pattern, material, brand and size.

=================================  ==================================  =======
the product's category             the attributes asked for            label
=================================  ==================================  =======
the one asked for                  all match                           E exact
the one asked for                  at least one differs                S substitute
a substitute of the one asked for  whatever they are                   S substitute
a complement of the one asked for  whatever they are                   C complement
any other                          whatever they are                   I irrelevant
=================================  ==================================  =======

A substitute does the same job: boots for sneakers. A complement is used together with what was asked for: a case for a
phone, and a phone for a case, but never another phone. Both relations are symmetric, and no pair is in both.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Relation = Literal["same", "substitute", "complement", "unrelated"]

ATTRIBUTES: Final = ("colour", "pattern", "material", "brand", "size")
"""What a query can ask of a product beside its category."""

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
    """The category and attributes of a product, or those a query asks for; None where it asks for no such thing."""

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


def relation(asked: str, offered: str) -> Relation:
    """How the offered category stands to the one asked for."""
    return "same" if asked == offered else _RELATIONS.get((asked, offered), "unrelated")


def complements(category: str) -> tuple[str, ...]:
    """The complements of a category, in alphabetical order."""
    return tuple(
        sorted(other for (asked, other), kind in _RELATIONS.items() if (asked, kind) == (category, "complement"))
    )


def label(query: Traits, product: Traits) -> str:
    """E, S, C or I by the table above."""
    match relation(query.category, product.category):
        case "same":
            asked = [name for name in ATTRIBUTES if getattr(query, name) is not None]
            return "E" if all(getattr(query, name) == getattr(product, name) for name in asked) else "S"
        case "substitute":
            return "S"
        case "complement":
            return "C"
        case _:
            return "I"
