"""References from products to images, in a catalogue's columns or in a list of addresses such as SQID's."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.contract.files import iter_catalogue
from vitrine.data.contract.spans import catalogue_files
from vitrine.data.formats import csv_reading, csv_writing, parquet_reading
from vitrine.data.formats.records import Records
from vitrine.data.images.additional_images import format_views, parse_views, product_images
from vitrine.errors import DataError

IMAGE_URL = "image_url"
REFERENCE_COLUMNS = (PRODUCT_ID, IMAGE, VIEWS)


class ImageReference(NamedTuple):
    """A product and its image: an address, a path, or ""."""

    product_id: str
    image: str


def catalogue_references(data_dir: Path) -> list[ImageReference]:
    """Return one reference per product and image of a data folder, and one for each product without an image.

    Raises:
        DataError: the catalogue breaks the contract.
    """
    return [
        ImageReference(product, reference)
        for table in iter_catalogue(data_dir)
        for product, image, views in zip(*(table[name].to_pylist() for name in REFERENCE_COLUMNS), strict=True)
        for reference in product_images(image, views) or [""]
    ]


def listed_references(path: Path) -> list[ImageReference]:
    """Read the references of a CSV or Parquet file with the columns `product_id` and `image_url`.

    Raises:
        DataError: the file or one of its rows cannot be read.
    """
    columns = (PRODUCT_ID, IMAGE_URL)
    blocks: Iterator[Records]
    blocks = (parquet_reading if path.suffix == ".parquet" else csv_reading).read(path, columns)
    references: list[ImageReference] = []
    for records in blocks:
        for fault in records.faults:
            raise DataError(str(fault))
        references += map(ImageReference, *(records.table[column].to_pylist() for column in columns))
    return references


def replace_references(data_dir: Path, replacements: Mapping[ImageReference, str]) -> None:
    """Replace references in a catalogue. Other columns stay, and each file is replaced atomically."""
    for path in catalogue_files(data_dir):
        names = csv_reading.header(path)
        tables = [_with_replacements(records.table, replacements) for records in csv_reading.read(path, names)]
        csv_writing.write(path, pa.schema([(name, pa.string()) for name in names]), tables)


def _with_replacements(table: pa.Table, replacements: Mapping[ImageReference, str]) -> pa.Table:
    products = table[PRODUCT_ID].to_pylist()

    def replace(product: str, image: str) -> str:
        return replacements.get(ImageReference(product, image), image)

    columns = {IMAGE: [replace(*row) for row in zip(products, table[IMAGE].to_pylist(), strict=True)]}
    if VIEWS in table.column_names:
        listed = zip(products, map(parse_views, table[VIEWS].to_pylist()), strict=True)
        columns[VIEWS] = [format_views(replace(product, view) for view in views) for product, views in listed]
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table
