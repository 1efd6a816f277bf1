"""Reading of product feeds in XML (RSS 2.0 and Atom, Google Merchant Center's `g:` elements), item by item."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

import pyarrow as pa
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from vitrine.data.formats.plain_csv import open_bytes, reading
from vitrine.data.formats.records import Records
from vitrine.errors import DataError

ITEMS: Final = ("item", "entry")
"""Elements of a product in RSS and in Atom."""

BATCH: Final = 8_192

MAX_CHARACTERS: Final = 16 << 20
"""Maximal characters of an item, so that a damaged or hostile feed does not fill the memory."""


def header(path: Path) -> list[str]:
    """Return the names of the elements in all items, without name spaces, in order.

    Raises:
        DataError: the file cannot be read, is no XML, declares entities, or has no items.
    """
    names = dict.fromkeys(name for item in _items(path) for name in item)
    if not names:
        raise DataError(f"{path}: has no <item> or <entry> with elements")
    return list(names)


def read(path: Path, columns: Sequence[str]) -> Iterator[Records]:
    """Read the elements `columns` of all items in bounded blocks; rows count the items from 1.

    The different texts of an element that an item has several times are joined by commas.

    Raises:
        DataError: as `header`, with the number of the item before.
    """
    items, first = _items(path), 1
    while block := list(islice(items, BATCH)):
        table = pa.table({name: pa.array([item.get(name, "") for item in block], pa.string()) for name in columns})
        yield Records(table, path, pa.array(range(first, first + len(block)), pa.int64()))
        first += len(block)


def _items(path: Path) -> Iterator[dict[str, str]]:
    number = 0
    open_elements: list[Element] = []
    try:
        with reading(path), open_bytes(path) as file:
            for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
                if event == "start":
                    open_elements.append(element)
                    continue
                open_elements.pop()
                if _name(element) in ITEMS:
                    number += 1
                    yield _texts(path, number, element)
                if open_elements and not any(_name(parent) in ITEMS for parent in open_elements):
                    open_elements[-1].remove(element)  # else the feed fills the memory
    except DefusedXmlException as error:
        raise DataError(f"{path}: has a DTD or entities, which are not read: {type(error).__name__}") from error
    except ParseError as error:
        raise DataError(f"{path}: not readable as XML after item {number}: {error}") from error
    except (LookupError, ValueError) as error:  # the encoding that the file names
        raise DataError(f"{path}: not readable as XML: {error}; export it again in UTF-8") from error


def _texts(path: Path, number: int, item: Element) -> dict[str, str]:
    texts: dict[str, dict[str, None]] = {}
    characters = 0
    for child in item:
        text = "".join(child.itertext()).strip() or child.get("href", "")  # Atom's links
        distinct = texts.setdefault(_name(child), {})
        characters += len(text)
        if characters > MAX_CHARACTERS:
            raise DataError(f"{path}: item {number} is longer than {MAX_CHARACTERS >> 20} MB")
        if text:
            distinct[text] = None
    return {name: ",".join(distinct) for name, distinct in texts.items()}


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
