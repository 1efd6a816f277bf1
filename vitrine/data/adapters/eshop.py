"""A small outdoor shop: 101 products with pictures, and judgements derived from their names, brands and types.

A product's kind is a word or two of its name ("GPS watch"). Queries ask for a kind, by one of its names, alone or with
a brand, a colour or a quality; or for a product by its name. Exact: what was asked for. Substitute: the kind without
the brand, colour or quality, or a kind that serves instead. Complement: a kind used together with it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from vitrine.data.adapters.dataset import Dataset, string_table
from vitrine.data.adapters.derived import Need, judge
from vitrine.data.columns import CATALOGUE
from vitrine.data.csv_writing import one_line
from vitrine.data.records import Fault, Records
from vitrine.errors import DataError

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
"""Kinds and what names them; the first that a product's name contains is its kind."""

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

INSTEAD: Final = (
    {"snowboard", "skis"},
    {"trail running shoes", "hiking shoes", "hiking boots"},
    {"backpack", "duffel bag", "dry bag"},
    {"GPS watch", "GPS device", "compass", "bike computer"},
)
"""Kinds that serve instead of each other."""

TOGETHER: Final = (
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
"""Kinds that are used together."""

COLOURS: Final = (
    *(
        "black",
        "white",
        "red",
        "green",
        "blue",
        "navy",
        "gray",
        "silver",
        "orange",
        "yellow",
        "purple",
        "pink",
        "brown",
    ),
    *("turquoise", "olive", "charcoal"),
)
SPELLINGS: Final = {"grey": "gray"}

QUALITIES: Final = (
    "waterproof",
    "lightweight",
    "insulated",
    "carbon",
    "breathable",
    "anti-fog",
    "padded",
    "rechargeable",
)

FIELDS: Final = {"Id": int, "Type": str, "Brand": str, "Name": str, "Description": str, "Price": (int, float)}


@dataclass(frozen=True)
class _Item:
    """A product with what the rules look at."""

    id: str
    name: str
    brand: str
    kind: str
    colours: tuple[str, ...]
    qualities: tuple[str, ...]
    row: dict[str, str]


def read(input_dir: Path) -> Dataset:
    """Read `catalog.json`; rows in messages are the entries' numbers, from 1."""
    path = input_dir / "catalog.json"
    numbers, items, faults = [], [], []
    for number, entry in enumerate(_entries(path), start=1):
        if fault := _fault(entry):
            faults.append(Fault(path, number, *fault))
            continue
        numbers.append(number)
        items.append(_item(entry))
    columns = {name: one_line(pa.array([item.row[name] for item in items], pa.string())) for name in CATALOGUE}
    products = Records(string_table(columns, CATALOGUE, len(items)), path, pa.array(numbers, pa.int64()), faults)
    judgements = judge(_needs(items), [item.id for item in items], path)
    return Dataset([products], [judgements], input_dir / "images")


def _entries(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(entries, list):
        raise DataError(f"{path}: the file must hold a list of products")
    return entries


def _fault(entry: Any) -> tuple[str, str, str] | None:
    """Column, value and reason, if the entry cannot become a product."""
    if not isinstance(entry, dict):
        return "", json.dumps(entry), f"{json.dumps(entry)[:80]} is not an object with {', '.join(FIELDS)}"
    for field, kind in FIELDS.items():
        value = entry.get(field)
        if field not in entry:
            return field, "", "is missing"
        if not isinstance(value, kind):  # type: ignore[arg-type]
            return field, json.dumps(value), "has the wrong type"
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            return field, json.dumps(value), "has half of a surrogate pair"  # which JSON can spell, and UTF-8 cannot
    if kind_of(entry["Name"]) is None:
        return "Name", entry["Name"], "is of no kind that the rules know"
    return None


def kind_of(name: str) -> str | None:
    """The kind that a product's name says, if it says one of `KINDS`."""
    return next((kind for kind, words in KINDS.items() if re.search(rf"\b{words}\b", name.lower())), None)


def _item(entry: dict[str, Any]) -> _Item:
    kind = kind_of(entry["Name"])
    assert kind is not None
    text = f"{entry['Name']} {entry['Description']}".lower()
    words = [SPELLINGS.get(word, word) for word in re.findall(r"[a-z]+(?:-[a-z]+)?", text)]
    parts = {part for word in words for part in (word, *word.split("-"))}
    colours = tuple(colour for colour in COLOURS if colour in parts)
    row = {
        "product_id": f"eshop-{entry['Id']}",
        "title": entry["Name"],
        "description": entry["Description"],
        "brand": entry["Brand"],
        "color": " ".join(colours),
        "category": entry["Type"],
        "image": f"{entry['Id']}.webp",
        "price": str(entry["Price"]),
    }
    qualities = tuple(quality for quality in QUALITIES if quality in parts)
    return _Item(row["product_id"], entry["Name"], entry["Brand"], kind, colours, qualities, row)


def _needs(items: list[_Item]) -> Iterator[Need]:
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


def _need(query: str, exact: set[str], kind: str, items: list[_Item]) -> Need:
    instead = {kind}.union(*(group for group in INSTEAD if kind in group))
    together = {other for pair in TOGETHER if kind in pair for other in pair if other != kind}
    return Need(
        query,
        exact,
        {item.id for item in items if item.kind in instead},
        {item.id for item in items if item.kind in together},
    )
