"""A small outdoor shop: 101 products with images, and judgements derived from their names, brands and kinds."""

import json
import re
from pathlib import Path
from typing import Final, TypedDict, cast

import pyarrow as pa

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.adapters.derived_judgements import judge
from vitrine.data.adapters.eshop_needs import COLOURS, QUALITIES, SPELLINGS, Item, kind_of, needs
from vitrine.data.columns import CATALOGUE, VIEWS
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Fault, Records
from vitrine.errors import DataError

FIELDS: Final = {"Id": int, "Type": str, "Brand": str, "Name": str, "Description": str, "Price": (int, float)}


class Entry(TypedDict):
    """An entry of `catalog.json`."""

    Id: int
    Type: str
    Brand: str
    Name: str
    Description: str
    Price: float


KNOWN: Final = tuple(name for name in CATALOGUE if name != VIEWS)


def read(input_dir: Path) -> Dataset:
    """Read `catalog.json`; rows in messages are the entries' numbers, from 1."""
    path = input_dir / "catalog.json"
    numbers, items, faults = [], [], []
    for number, entry in enumerate(_entries(path), start=1):
        if fault := _fault(entry):
            faults.append(Fault(path, number, *fault))
            continue
        numbers.append(number)
        items.append(_item(cast(Entry, entry)))
    columns = {name: one_line(pa.array([item.row[name] for item in items], pa.string())) for name in KNOWN}
    products = Records(string_table(columns, CATALOGUE, len(items)), path, pa.array(numbers, pa.int64()), faults)
    judgements = judge(needs(items), [item.id for item in items], path)
    return Dataset([products], [judgements], input_dir / "images")


def _entries(path: Path) -> list[object]:
    try:
        entries: object = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON: {error}") from error
    if not isinstance(entries, list):
        raise DataError(f"{path}: the file must hold a list of products")
    return entries


def _fault(entry: object) -> tuple[str, str, str] | None:
    """Return column, value and reason if the entry is not a valid product."""
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


def _item(entry: Entry) -> Item:
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
    return Item(row["product_id"], entry["Name"], entry["Brand"], kind, colours, qualities, row)
