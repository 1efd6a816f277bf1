"""The attributes of sample products, with their looks in an image and the words for them."""

from dataclasses import dataclass
from typing import Final

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Colour:
    """A colour: its canonical name, its synonyms, the paint of a product, and the ink of patterns on it."""

    name: str
    synonyms: tuple[str, ...]
    paint: RGB
    ink: RGB


@dataclass(frozen=True)
class Pattern:
    """A pattern: `adjectives` go before the noun ("striped mug"), `phrases` after it ("mug with stripes")."""

    name: str
    adjectives: tuple[str, ...]
    phrases: tuple[str, ...]


_WHITE: Final = (250, 250, 248)
_BLACK: Final = (30, 30, 34)

COLOURS: Final = (
    Colour("red", ("crimson", "scarlet"), (208, 28, 36), _WHITE),
    Colour("orange", ("tangerine", "apricot"), (246, 128, 18), _WHITE),
    Colour("yellow", ("lemon", "sunshine yellow"), (250, 214, 40), (96, 66, 16)),
    Colour("green", ("emerald", "leaf green"), (34, 148, 62), _WHITE),
    Colour("blue", ("cobalt", "azure"), (32, 88, 206), _WHITE),
    Colour("purple", ("violet", "plum"), (122, 46, 158), _WHITE),
    Colour("pink", ("rose", "blush"), (248, 138, 184), _WHITE),
    Colour("brown", ("chocolate", "chestnut"), (124, 76, 42), _WHITE),
    Colour("black", ("ebony", "jet black"), (34, 34, 38), _WHITE),
    Colour("white", ("ivory", "snow white"), (250, 250, 248), _BLACK),
    Colour("grey", ("gray", "ash"), (136, 140, 146), _WHITE),
    Colour("turquoise", ("teal", "aqua"), (28, 184, 180), _WHITE),
)

PLAIN: Final = "plain"
PATTERNS: Final = (
    Pattern(PLAIN, ("plain", "solid", "unpatterned"), ("without a pattern", "in one colour")),
    Pattern("striped", ("striped", "stripy", "banded"), ("with stripes", "with bands")),
    Pattern("dotted", ("dotted", "polka dot", "spotted"), ("with dots", "with spots")),
    Pattern("checked", ("checked", "chequered", "gingham"), ("with checks", "with squares")),
    Pattern("floral", ("floral", "flowery", "flower print"), ("with flowers", "with blossoms")),
)

BRANDS: Final = (
    "Arvelle", "Brindlemoor", "Calderpeak", "Dunwick", "Elsinova", "Fernhale",
    "Gildmark", "Hollowby", "Juniberg", "Kestrand", "Lumevik", "Marrowick",
)  # fmt: skip
"""Invented brand names."""

COLOUR: Final = {colour.name: colour for colour in COLOURS}
PATTERN: Final = {pattern.name: pattern for pattern in PATTERNS}
