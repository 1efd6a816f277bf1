"""What people could ask the Amazon Berkeley Objects for, and the rules that label its products for each query.

Queries name a product type, alone or with a colour or a brand. Exact: what was asked for. Substitute: the type without
the colour or brand, or a type that serves instead. Complement: a type used together with it.
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
"""Types whose names are not how people say them; the others are, in lower case."""

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
"""Types that hold many kinds of things: a query for one has no answer."""

INSTEAD: Final = (
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
"""Types that serve instead of each other."""

TOGETHER: Final = (
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
"""Types that are used together."""


@dataclass(frozen=True, slots=True)
class Item:
    """What the rules look at, and all that is remembered of a product."""

    id: str
    kind: str
    brand: str
    colours: tuple[str, ...]


def spoken_name(kind: str) -> str:
    """A product type as people say it: `DINING_CHAIR` is "dining chair"."""
    return SPOKEN_NAMES.get(kind, kind.replace("_", " ").lower())


def by_kind(items: Iterable[Item]) -> dict[str, set[str]]:
    """The ids of each product type's products."""
    kinds = defaultdict(set)
    for item in items:
        kinds[item.kind].add(item.id)
    return dict(kinds)


def needs(items: Iterable[Item], candidates: Mapping[str, set[str]]) -> Iterator[InformationNeed]:
    """All queries. `candidates` are the products of each type that may be judged where they do not answer."""
    answers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in items:
        if item.kind and item.kind not in VAGUE:
            # The house brands are all called "Amazon Brand - Solimo" and the like, and asked for without that.
            brand = item.brand.removeprefix("Amazon Brand - ").lower()
            for quality in {"", brand, *item.colours}:
                answers[quality, item.kind].add(item.id)
    for (quality, kind), exact in answers.items():
        instead = {kind}.union(*(alike for alike in INSTEAD if kind in alike))
        together = {other for pair in TOGETHER if kind in pair for other in pair if other != kind}
        query = f"{quality} {spoken_name(kind)}".strip()
        yield InformationNeed(query, exact, _of(instead, candidates), _of(together, candidates))


def _of(kinds: set[str], candidates: Mapping[str, set[str]]) -> set[str]:
    return set().union(*(candidates.get(kind, ()) for kind in kinds))
