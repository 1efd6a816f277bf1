"""Information needs for the Amazon Berkeley Objects, with rules that label the products for each query.

Queries name a product type, alone or with a colour or a brand. Exact: all that the query names. Substitute: the type
without the colour or brand, or a type that serves instead. Complement: a type used together with it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from vitrine.data.adapters.derived_judgements import InformationNeed

SPOKEN_NAMES: Final = {
    "CELLULAR_PHONE_CASE": "phone case",
    "FINEEARRING": "earrings",
    "FINENECKLACEBRACELETANKLET": "necklace or bracelet",
    "FINERING": "ring",
    "HARDWARE_HANDLE": "cabinet handle",
    "STOOL_SEATING": "stool",
}
"""Spoken names of types whose lower-case name people would not say."""

VAGUE: Final = {
    "ABIS_BOOK",
    "ACCESSORY",
    "ACCESSORY_OR_PART_OR_SUPPLY",
    "AUTO_ACCESSORY",
    "GROCERY",
    "HARDWARE",
    "HEALTH_PERSONAL_CARE",
    "HOME",
    "HOME_BED_AND_BATH",
    "HOME_FURNITURE_AND_DECOR",
    "KITCHEN",
    "OFFICE_PRODUCTS",
    "OUTDOOR_LIVING",
    "PET_SUPPLIES",
    "SPORTING_GOODS",
    "WIRELESS_ACCESSORY",
}
"""Types of many kinds of products, which no query names."""

SUBSTITUTES: Final = (
    {"BACKPACK", "DUFFEL_BAG", "HANDBAG", "LUGGAGE", "SUITCASE"},
    {"BED", "BED_FRAME"},
    {"BENCH", "CHAIR", "OTTOMAN", "SOFA", "STOOL_SEATING"},
    {"BOOT", "SANDAL", "SHOES"},
    {"CABINET", "DRESSER", "SHELF"},
    {"DESK", "TABLE"},
    {"FINEEARRING", "FINENECKLACEBRACELETANKLET", "FINERING"},
    {"LAMP", "LIGHT_FIXTURE"},
    {"PLANTER", "VASE"},
)
"""Groups of types that are substitutes of each other."""

COMPLEMENTS: Final = (
    ("BED", "MATTRESS"),
    ("BED", "PILLOW"),
    ("BED_FRAME", "HEADBOARD"),
    ("BED_FRAME", "MATTRESS"),
    ("CABINET", "HARDWARE_HANDLE"),
    ("CELLULAR_PHONE_CASE", "SCREEN_PROTECTOR"),
    ("CHAIR", "DESK"),
    ("CHAIR", "TABLE"),
    ("DESK", "LAMP"),
    ("DRESSER", "HARDWARE_HANDLE"),
    ("HANDBAG", "WALLET"),
    ("LAMP", "LIGHT_BULB"),
    ("LIGHT_BULB", "LIGHT_FIXTURE"),
    ("OTTOMAN", "PILLOW"),
    ("PILLOW", "SOFA"),
    ("RUG", "SOFA"),
    ("SHOES", "HAT"),
    ("SOFA", "TABLE"),
    ("STOOL_SEATING", "TABLE"),
)
"""Pairs of types that are complements of each other."""


@dataclass(frozen=True, slots=True)
class Item:
    """The attributes of a product that the rules use, and that stay in memory."""

    id: str
    kind: str
    brand: str
    colours: tuple[str, ...]


def spoken_name(kind: str) -> str:
    """Return the spoken name of a product type: "dining chair" for `DINING_CHAIR`."""
    return SPOKEN_NAMES.get(kind, kind.replace("_", " ").lower())


def by_kind(items: Iterable[Item]) -> dict[str, set[str]]:
    """Group the products' ids by product type."""
    kinds = defaultdict(set)
    for item in items:
        kinds[item.kind].add(item.id)
    return dict(kinds)


def needs(items: Iterable[Item], candidates: Mapping[str, set[str]]) -> Iterator[InformationNeed]:
    """Yield all information needs. `candidates` are each type's products that may be judged as inexact answers."""
    answers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        if item.kind and item.kind not in VAGUE:
            # House brands are called "Amazon Brand - Solimo" and the like; queries leave the prefix out.
            brand = item.brand.removeprefix("Amazon Brand - ").lower()
            for quality in {"", brand, *item.colours}:
                answers[quality, item.kind].add(item.id)
    for (quality, kind), exact in answers.items():
        substitutes = {kind}.union(*(group for group in SUBSTITUTES if kind in group))
        complements = {other for pair in COMPLEMENTS if kind in pair for other in pair if other != kind}
        query = f"{quality} {spoken_name(kind)}".strip()
        yield InformationNeed(query, exact, _union(substitutes, candidates), _union(complements, candidates))


def _union(kinds: set[str], candidates: Mapping[str, set[str]]) -> set[str]:
    return set().union(*(candidates.get(kind, ()) for kind in kinds))
