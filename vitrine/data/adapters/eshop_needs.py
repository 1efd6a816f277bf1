"""Information needs for an outdoor shop, with rules that label its products for each query.

A product's kind is a word or two of its name ("GPS watch"). Queries ask for a kind, by one of its names, alone or with
a brand, a colour or a quality; or for a product by its name. Exact: all that the query names. Substitute: the kind
without the brand, colour or quality, or a kind that serves instead. Complement: a kind used together with it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.data.adapters.derived_judgements import InformationNeed

KINDS: Final = {
    "snowboard boots": r"snowboard boots",
    "snowboard": r"snowboard",
    "skis": r"skis",
    "goggles": r"goggles",
    "climbing shoes": r"climbing shoes",
    "trail running shoes": r"(running|trail) shoes",
    "hiking shoes": r"hiking shoes",
    "hiking boots": r"boots",
    "climbing harness": r"harness",
    "climbing rope": r"rope",
    "crampons": r"crampons",
    "ice axe": r"ice axe",
    "chalk bag": r"chalk bag",
    "dry bag": r"dry bag",
    "duffel bag": r"duff(le|el) bag",
    "backpack": r"(back|day)pack",
    "jacket": r"jacket",
    "bike computer": r"computer",
    "GPS watch": r"gps watch",
    "GPS device": r"gps",
    "compass": r"compass",
    "bike helmet": r"helmet",
    "cycling jersey": r"jersey",
    "tent": r"tent",
    "headlamp": r"headlamp",
    "trekking poles": r"poles",
}
"""Regular expressions of the kinds; a product's kind is the first that its name matches."""

SYNONYMS: Final = {
    "goggles": ("ski goggles", "snow goggles"),
    "snowboard": ("freestyle board for the snow",),
    "skis": ("all-mountain skis", "pair of skis"),
    "climbing shoes": ("shoes for rock climbing",),
    "trail running shoes": ("running shoes", "shoes for running on trails"),
    "hiking shoes": ("walking shoes", "shoes for hiking"),
    "hiking boots": ("boots for winter walks",),
    "climbing harness": ("harness", "harness for climbers"),
    "climbing rope": ("rope",),
    "crampons": ("spikes for ice climbing",),
    "chalk bag": ("bag for climbing chalk",),
    "dry bag": ("waterproof sack",),
    "duffel bag": ("duffle bag", "weekend bag", "sports bag"),
    "backpack": ("rucksack", "daypack", "hiking backpack", "pack for a hike"),
    "jacket": ("winter jacket", "coat", "warm jacket for the mountains"),
    "bike computer": ("cycling computer",),
    "GPS watch": ("watch with gps", "sports watch"),
    "GPS device": ("handheld gps", "gps navigator"),
    "bike helmet": ("cycling helmet", "helmet"),
    "cycling jersey": ("shirt for cycling",),
    "tent": ("camping tent", "two person tent"),
    "headlamp": ("head torch", "light for camping at night"),
    "trekking poles": ("hiking poles", "walking sticks"),
}

SUBSTITUTES: Final = (
    {"snowboard", "skis"},
    {"trail running shoes", "hiking shoes", "hiking boots"},
    {"backpack", "duffel bag", "dry bag"},
    {"GPS watch", "GPS device", "compass", "bike computer"},
)
"""Groups of kinds that are substitutes of each other."""

COMPLEMENTS: Final = (
    ("snowboard", "snowboard boots"),
    ("snowboard", "goggles"),
    ("skis", "goggles"),
    ("snowboard boots", "goggles"),
    ("goggles", "jacket"),
    ("skis", "jacket"),
    ("climbing harness", "climbing rope"),
    ("climbing harness", "climbing shoes"),
    ("climbing harness", "chalk bag"),
    ("climbing shoes", "chalk bag"),
    ("climbing rope", "climbing shoes"),
    ("crampons", "ice axe"),
    ("crampons", "hiking boots"),
    ("crampons", "climbing rope"),
    ("bike helmet", "cycling jersey"),
    ("bike helmet", "bike computer"),
    ("cycling jersey", "bike computer"),
    ("tent", "headlamp"),
    ("tent", "backpack"),
    ("trekking poles", "hiking shoes"),
    ("trekking poles", "hiking boots"),
    ("trekking poles", "backpack"),
    ("trail running shoes", "GPS watch"),
    ("hiking shoes", "backpack"),
    ("compass", "headlamp"),
    ("GPS device", "headlamp"),
    ("dry bag", "tent"),
    ("duffel bag", "jacket"),
)
"""Pairs of kinds that are complements of each other."""

# fmt: off
COLOURS: Final = (
    "black", "white", "red", "green", "blue", "navy", "gray", "silver", "orange", "yellow", "purple", "pink", "brown",
    "turquoise", "olive", "charcoal",
)
SPELLINGS: Final = {"grey": "gray"}
QUALITIES: Final = (
    "waterproof", "lightweight", "insulated", "carbon", "breathable", "anti-fog", "padded", "rechargeable",
)
# fmt: on


@dataclass(frozen=True)
class Item:
    """A product with the attributes that the rules use."""

    id: str
    name: str
    brand: str
    kind: str
    colours: tuple[str, ...]
    qualities: tuple[str, ...]
    row: dict[str, str]


def kind_of(name: str) -> str | None:
    """Return the kind in a product's name, or None if it has none of `KINDS`."""
    return next((kind for kind, words in KINDS.items() if re.search(rf"\b{words}\b", name.lower())), None)


def needs(items: Sequence[Item]) -> Iterator[InformationNeed]:
    """Yield all information needs. Some have no exact product."""
    for item in items:
        same = {other.id for other in items if other.name == item.name}
        yield _need(item.name, same, item.kind, items)
    for kind in KINDS:
        members = [item for item in items if item.kind == kind]
        for name in (kind, *SYNONYMS.get(kind, ())):
            yield _need(name, {item.id for item in members}, kind, items)
        for brand in sorted({item.brand for item in members}):
            yield _need(f"{brand} {kind}", {item.id for item in members if item.brand == brand}, kind, items)
        for colour in COLOURS:
            yield _need(f"{colour} {kind}", {item.id for item in members if colour in item.colours}, kind, items)
        for quality in QUALITIES:
            yield _need(f"{quality} {kind}", {item.id for item in members if quality in item.qualities}, kind, items)


def _need(query: str, exact: set[str], kind: str, items: Sequence[Item]) -> InformationNeed:
    substitutes = {kind}.union(*(group for group in SUBSTITUTES if kind in group))
    complements = {other for pair in COMPLEMENTS if kind in pair for other in pair if other != kind}
    return InformationNeed(
        query,
        exact,
        {item.id for item in items if item.kind in substitutes},
        {item.id for item in items if item.kind in complements},
    )
