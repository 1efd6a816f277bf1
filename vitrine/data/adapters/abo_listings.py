"""Listings of the Amazon Berkeley Objects: validation of a line of JSON, and the product that it describes."""

import json
import re
from collections.abc import Iterable
from typing import Final, NotRequired, Required, TypedDict, cast

from vitrine.data.adapters.abo_needs import Item, spoken_name
from vitrine.data.adapters.eshop_needs import COLOURS, SPELLINGS
from vitrine.data.columns import IMAGE, PRODUCT_ID

TAGGED: Final = ("item_name", "brand", "color", "bullet_point", "product_description")
"""Fields that are lists of `{"language_tag": …, "value": …}`."""


class Entry(TypedDict):
    """A value of a field; the entries of `product_type` have no language."""

    language_tag: NotRequired[str]
    value: str
    standardized_values: NotRequired[list[str]]


class Listing(TypedDict, total=False):
    """The fields of a listing that are read."""

    item_id: Required[str]
    main_image_id: str
    product_type: list[Entry]
    item_name: list[Entry]
    brand: list[Entry]
    color: list[Entry]
    bullet_point: list[Entry]
    product_description: list[Entry]


InvalidListing = tuple[str, str, str]
"""Column, value and reason of a line that is not a valid listing."""


def parse_listing(line: bytes) -> Listing | InvalidListing:
    """Parse a line to a listing whose fields have the types that the functions below rely on."""
    try:
        listing = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return "", "", f"is not UTF-8 at byte {error.start}"
    except (ValueError, RecursionError) as error:
        return "", "", f"not readable as JSON: {error}"
    if not isinstance(listing, dict):
        return "", "", f"{line.decode()[:80]} is not an object"
    for name in ("item_id", "main_image_id"):
        if not isinstance(listing.get(name, ""), str):
            return name, json.dumps(listing[name]), "is not text"
    for name in (*TAGGED, "product_type"):
        if not _are_values(listing.get(name, []), tagged=name in TAGGED):
            shape = "language_tag and value" if name in TAGGED else "value"
            return name, json.dumps(listing[name]), f"is not a list of objects with {shape}"
    if not listing.get("item_id"):
        return "item_id", "", "is missing"
    return cast(Listing, listing)


def _are_values(entries: object, tagged: bool) -> bool:
    texts = ("language_tag", "value") if tagged else ("value",)
    return isinstance(entries, list) and all(
        isinstance(entry, dict)
        and all(_is_text(entry.get(name)) for name in texts)
        and isinstance(entry.get("standardized_values", []), list)
        and all(map(_is_text, entry.get("standardized_values", [])))
        for entry in entries
    )


def _is_text(value: object) -> bool:
    # JSON can spell half of a surrogate pair, and UTF-8 cannot.
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def has_english_name(listing: Listing) -> bool:
    """Return whether the listing has an English name, which queries can match."""
    return bool(_english(listing.get("item_name", ())))


def product(listing: Listing) -> dict[str, str]:
    """Return the catalogue columns of a listing with an English name; `image` is the image's id."""
    return {
        PRODUCT_ID: listing["item_id"],
        "title": _first(listing["item_name"]),
        "description": " ".join(
            entry["value"]
            for entries in (listing.get("bullet_point", ()), listing.get("product_description", ()))
            for entry in _english(entries)
        ),
        "brand": _first(listing.get("brand", ())),
        "color": _first(listing.get("color", ())),
        "category": spoken_name(_kind(listing)),
        IMAGE: listing.get("main_image_id", ""),
    }


def item(listing: Listing) -> Item:
    """Return the item of a listing for the rules, with the colours that its text or standardized values name."""
    colours = _english(listing.get("color", ()))
    text = " ".join(name for entry in colours for name in (entry["value"], *entry.get("standardized_values", ())))
    named = {SPELLINGS.get(word, word) for word in re.findall("[a-z]+", text.lower())}
    brand = _first(listing.get("brand", ()))
    return Item(listing["item_id"], _kind(listing), brand, tuple(colour for colour in COLOURS if colour in named))


def _first(entries: Iterable[Entry]) -> str:
    return next((entry["value"] for entry in _english(entries)), "")


def _english(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["language_tag"].startswith("en") and entry["value"].strip()]


def _kind(listing: Listing) -> str:
    return next((entry["value"] for entry in listing.get("product_type", [])), "")
