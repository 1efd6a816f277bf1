"""Products of Shopify shops: title, category and up to ten images each; human judgements, or derived ones.

The input folder holds `products.csv` and, if there are human judgements, `judgements.csv` with the contract's columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data.adapters import csv
from vitrine.data.adapters.dataset import Dataset
from vitrine.data.adapters.derived_judgements import judge
from vitrine.data.adapters.large_catalogues import choose_needs, choose_products
from vitrine.data.adapters.shopify_needs import Item, by_category, item, needs
from vitrine.data.columns import CATALOGUE, IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.formats import csv_reading
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Fault, Records
from vitrine.data.images.additional_images import format_views, product_images
from vitrine.data.tables.layouts import SHOPIFY
from vitrine.text.plain_text import plain_text

COLUMNS: Final = ("shopify_product_id", "title", "images", "preview_image", "category")
NAMES: Final = {PRODUCT_ID: "shopify_product_id", IMAGE: "preview_image", VIEWS: "images"}
PRODUCTS: Final = "products.csv"
DIALECT: Final = csv_reading.Dialect(newlines_in_values=True)


def read(input_dir: Path) -> Dataset:
    """Read `products.csv` in blocks, and `judgements.csv` if it exists; otherwise derive judgements.

    Shopify's own product export of this name is read as by `csv`, with judgements.
    """
    own = csv.read(input_dir, csv.CsvSettings(catalogue_file=PRODUCTS))
    if (input_dir / PRODUCTS).exists() and SHOPIFY.matches(csv_reading.header(input_dir / PRODUCTS)):
        return own
    shop = _Shop(input_dir / PRODUCTS)
    judged = (input_dir / "judgements.csv").exists()
    judgements = own.judgements if judged else shop.judgements()
    return Dataset(shop.products(), judgements, input_dir / "images")


def _with_scheme(image: str) -> str:
    # Shops' themes write addresses without a scheme; no file path begins with two slashes.
    return f"https:{image}" if image.startswith("//") else image


@dataclass
class _Shop:
    """The products' file, and the items of the products read so far, for the rules."""

    path: Path
    items: list[Item] = field(default_factory=list)

    def products(self) -> Iterator[Records]:
        for records in csv_reading.read(self.path, COLUMNS, DIALECT):
            image_lists, faults = _image_lists(records)
            good = records.with_column(IMAGE, pa.array([next(iter(images), "") for images in image_lists], pa.string()))
            good = good.with_column(VIEWS, pa.array([format_views(images[1:]) for images in image_lists], pa.string()))
            good = good.without(faults)
            table = good.table
            columns = {
                PRODUCT_ID: table["shopify_product_id"],
                "title": plain_text(table["title"]),
                "category": plain_text(table["category"]),
                IMAGE: one_line(table[IMAGE]),
                VIEWS: table[VIEWS],
            }
            filled = string_table(columns, CATALOGUE, table.num_rows)
            self.items += map(item, *(filled[name].to_pylist() for name in (PRODUCT_ID, "title", "category")))
            yield replace(good, table=filled, faults=[*records.faults, *faults], names=NAMES)

    def judgements(self) -> Iterator[Records]:
        pool, candidates = choose_products(by_category(self.items))
        yield judge(choose_needs(needs(self.items, candidates)), pool, self.path)


def _image_lists(records: Records) -> tuple[list[list[str]], list[Fault]]:
    """Return the images of each record [N], the preview first, and the faults of malformed lists."""
    image_lists: list[list[str]] = []
    faults = []
    columns = (records.table[name].to_pylist() for name in ("preview_image", "images"))
    for row, preview, images in zip(records.rows.to_pylist(), *columns, strict=True):
        try:
            image_lists.append([_with_scheme(image) for image in product_images(preview, images)])
        except ValueError as error:
            image_lists.append([])
            faults.append(Fault(records.path, row, "images", images, str(error)))
    return image_lists, faults
