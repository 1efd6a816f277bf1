"""Products of Shopify shops: title, category and up to ten pictures each; judgements of people, or derived ones.

`products.csv` in the input folder, and `judgements.csv` in the contract's columns beside it if people gave any.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data import csv_reading
from vitrine.data.adapters import csv
from vitrine.data.adapters.dataset import Dataset, string_table
from vitrine.data.adapters.derived import judge
from vitrine.data.adapters.shelves import arranged, asked
from vitrine.data.adapters.shopify_needs import Item, by_category, item, needs
from vitrine.data.columns import CATALOGUE, IMAGE, PRODUCT_ID
from vitrine.data.csv_writing import one_line
from vitrine.data.plain_text import plain_text
from vitrine.data.records import Fault, Records

MOST_VIEWS: Final = 10
"""Pictures of a product, at most."""

COLUMNS: Final = ("shopify_product_id", "title", "images", "preview_image", "category")
NAMES: Final = {PRODUCT_ID: "shopify_product_id", IMAGE: "preview_image"}
DIALECT: Final = csv_reading.Dialect(newlines_in_values=True)


def read(input_dir: Path) -> Dataset:
    """Read `products.csv` in blocks; `judgements.csv`, if it is there, takes the place of derived judgements."""
    shop = _Shop(input_dir / "products.csv")
    judged = (input_dir / "judgements.csv").exists()
    judgements = csv.read(input_dir).judgements if judged else shop.judgements()
    return Dataset(shop.products(), judgements, input_dir / "images")


def views(images: str) -> tuple[str, ...]:
    """Paths or addresses of a product's pictures, in the shop's order, from its `images`: a JSON list, or nothing.

    Raises:
        ValueError: the list is none, has something else than text in it, or more than `MOST_VIEWS`; says which.
    """
    try:
        found = json.loads(images or "[]")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(view, str) for view in found):
        raise ValueError('is not a JSON list of paths or addresses, such as ["a.jpg", "b.jpg"]')
    if len(found) > MOST_VIEWS:
        raise ValueError(f"has {len(found)} pictures, which are more than the {MOST_VIEWS} allowed")
    try:
        "".join(found).encode()
    except UnicodeEncodeError:
        raise ValueError("has half of a surrogate pair") from None  # which JSON can spell, and UTF-8 cannot
    return tuple(map(_addressed, found))


def _addressed(view: str) -> str:
    # Shops' themes leave the scheme to the page; a path that begins with two slashes is no file of anybody's.
    return f"https:{view}" if view.startswith("//") else view


@dataclass
class _Shop:
    """The products' file, and what its products leave behind for the rules."""

    path: Path
    items: list[Item] = field(default_factory=list)

    def products(self) -> Iterator[Records]:
        for records in csv_reading.read(self.path, COLUMNS, DIALECT):
            first, faults = _first_views(records)
            good = records.with_column("first", pa.array(first, pa.string())).without(faults)
            table = good.table
            preview = [
                _addressed(shown or view)
                for shown, view in zip(table["preview_image"].to_pylist(), table["first"].to_pylist(), strict=True)
            ]
            columns = {
                PRODUCT_ID: table["shopify_product_id"],
                "title": plain_text(table["title"]),
                "category": plain_text(table["category"]),
                IMAGE: one_line(pa.chunked_array([preview], pa.string())),
            }
            filled = string_table(columns, CATALOGUE, table.num_rows)
            self.items += map(item, *(filled[name].to_pylist() for name in (PRODUCT_ID, "title", "category")))
            yield replace(good, table=filled, faults=[*records.faults, *faults], names=NAMES)

    def judgements(self) -> Iterator[Records]:
        pool, candidates = arranged(by_category(self.items))
        yield judge(asked(needs(self.items, candidates)), pool, self.path)


def _first_views(records: Records) -> tuple[list[str], list[Fault]]:
    """The first picture of each record [N], and the faults of those whose list is none."""
    first: list[str] = []
    faults = []
    for row, images in zip(records.rows.to_pylist(), records.table["images"].to_pylist(), strict=True):
        try:
            first.append(next(iter(views(images)), ""))
        except ValueError as error:
            first.append("")
            faults.append(Fault(records.path, row, "images", images, str(error)))
    return first, faults
