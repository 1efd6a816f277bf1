"""Amazon Berkeley Objects (Collins et al. 2022, CVPR): listings with images, and judgements derived from metadata.

Listings are read one at a time; a product's id, type, brand and colours stay in memory. Of a product's listings in
several marketplaces, the first with an English name is used.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters import abo_listings
from vitrine.data.adapters.abo_needs import Item, by_kind, needs
from vitrine.data.adapters.dataset import Dataset
from vitrine.data.adapters.derived_judgements import judge
from vitrine.data.adapters.large_catalogues import choose_needs, choose_products
from vitrine.data.columns import CATALOGUE, IMAGE, PRODUCT_ID, PRODUCT_TEXT
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.formats import gzip_reading
from vitrine.data.formats.records import Fault, Records
from vitrine.errors import DataError
from vitrine.text.plain_text import plain_text

BLOCK: Final = 4_096
"""Listings converted at a time."""

IMAGE_COLUMNS: Final = ("image_id", "path")
FOREIGN: Final = "listings without an English name"
REPEATED: Final = "further listings of a product"


def read(input_dir: Path) -> Dataset:
    """Read `listings/metadata/listings_*.json.gz` and `images/metadata/images.csv.gz`."""
    objects = _Objects(input_dir)
    return Dataset(objects.products(), objects.judgements(), input_dir / "images" / "small", objects.left_out)


@dataclass
class _Objects:
    """The folder, and the items of the listings read so far, by product id, for the rules."""

    folder: Path
    items: dict[str, Item] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def products(self) -> Iterator[Records]:
        files = sorted((self.folder / "listings" / "metadata").glob("listings_*.json.gz"))
        if not files:
            raise DataError(f"{self.folder} has no listings/metadata/listings_*.json.gz")
        images = _images(self.folder / "images" / "metadata" / "images.csv.gz")
        yield Records(string_table({}, CATALOGUE, 0), images.path, pa.array([], pa.int64()), images.faults)
        for path in files:
            numbered = enumerate(gzip_reading.lines(path), start=1)
            while lines := list(islice(numbered, BLOCK)):
                yield self._new_products(path, lines, images.table)

    def judgements(self) -> Iterator[Records]:
        items = self.items.values()
        pool, candidates = choose_products(by_kind(items))
        yield judge(choose_needs(needs(items, candidates)), pool, self.folder / "listings" / "metadata")

    def _new_products(self, path: Path, lines: list[tuple[int, bytes]], images: pa.Table) -> Records:
        """Return the products that are listed first in these lines."""
        rows, products, faults = [], [], []
        for number, line in lines:
            listing = abo_listings.parse_listing(line)
            if isinstance(listing, tuple):
                faults.append(Fault(path, number, *listing))
            elif not abo_listings.has_english_name(listing):
                self.left_out[FOREIGN] += 1
            elif listing["item_id"] in self.items:
                self.left_out[REPEATED] += 1
            else:
                self.items[listing["item_id"]] = abo_listings.item(listing)
                rows.append(number)
                products.append(abo_listings.product(listing))
        values = {
            name: pa.chunked_array([[product[name] for product in products]], pa.string())
            for name in (PRODUCT_ID, *PRODUCT_TEXT, IMAGE)
        }
        columns = values | {name: plain_text(values[name]) for name in PRODUCT_TEXT}
        columns[IMAGE] = pc.fill_null(images["path"].take(pc.index_in(values[IMAGE], images["image_id"])), "")
        return Records(string_table(columns, CATALOGUE, len(rows)), path, pa.array(rows, pa.int64()), faults)


def _images(path: Path) -> Records:
    """Read the ids and paths of all images. The file's fields are plain: no quotes, and ASCII only."""
    lines = gzip_reading.lines(path)
    header = next(lines, b"").decode("ascii", errors="replace").split(",")
    for column in IMAGE_COLUMNS:
        if column not in header:
            raise DataError(f"{path}:1: column {column!r} is missing; the file has {', '.join(map(repr, header))}")
    indices = [header.index(column) for column in IMAGE_COLUMNS]
    rows, images, faults = [], [], []
    for row, line in enumerate(lines, start=2):
        fields = line.decode("ascii", errors="replace").split(",")
        if len(fields) == len(header) and line.isascii():
            rows.append(row)
            images.append([fields[index] for index in indices])
        elif line:
            faults.append(Fault(path, row, "", "", f"{line[:80]!r} is not {len(header)} plain fields"))
    columns = {name: [image[position] for image in images] for position, name in enumerate(IMAGE_COLUMNS)}
    return Records(string_table(columns, IMAGE_COLUMNS, len(rows)), path, pa.array(rows, pa.int64()), faults)
