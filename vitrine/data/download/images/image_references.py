"""The pictures that products name: in a catalogue's columns, or in a list of addresses as SQID publishes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.contract.files import iter_catalogue
from vitrine.data.formats import csv_reading, csv_writing, parquet_reading
from vitrine.data.formats.records import Records
from vitrine.data.images.additional_images import format_views, parse_views, product_images
from vitrine.errors import DataError

IMAGE_URL = "image_url"
NAMING = (PRODUCT_ID, IMAGE, VIEWS)


class ImageReference(NamedTuple):
    """A product and what it names as a picture: an address, a path, or nothing."""

    product_id: str
    image: str


def catalogue_references(data_dir: Path) -> list[ImageReference]:
    """All products of a data folder, once for each of their pictures.

    Raises:
        DataError: the catalogue breaks the contract.
    """
    return [
        ImageReference(product, picture)
        for table in iter_catalogue(data_dir)
        for product, image, views in zip(*(table[name].to_pylist() for name in NAMING), strict=True)
        for picture in product_images(image, views) or [""]
    ]


def listed_references(path: Path) -> list[ImageReference]:
    """All rows of a CSV or Parquet file with the columns `product_id` and `image_url`.

    Raises:
        DataError: the file cannot be read, or a row of it.
    """
    columns = (PRODUCT_ID, IMAGE_URL)
    blocks: Iterator[Records]
    blocks = (parquet_reading if path.suffix == ".parquet" else csv_reading).read(path, columns)
    named: list[ImageReference] = []
    for records in blocks:
        for fault in records.faults:
            raise DataError(str(fault))
        named += map(ImageReference, *(records.table[column].to_pylist() for column in columns))
    return named


def replace_references(data_dir: Path, renamed: Mapping[ImageReference, str]) -> None:
    """Give pictures of products another name. All other columns stay; each file is replaced whole, if at all."""
    for path in sorted((data_dir / "catalogue").glob("*.csv")):
        names = csv_reading.header(path)
        tables = [_renamed(records.table, renamed) for records in csv_reading.read(path, names)]
        csv_writing.write(path, pa.schema([(name, pa.string()) for name in names]), tables)


def _renamed(table: pa.Table, renamed: Mapping[ImageReference, str]) -> pa.Table:
    products = table[PRODUCT_ID].to_pylist()

    def rename(product: str, picture: str) -> str:
        return renamed.get(ImageReference(product, picture), picture)

    columns = {IMAGE: [rename(*row) for row in zip(products, table[IMAGE].to_pylist(), strict=True)]}
    if VIEWS in table.column_names:
        listed = zip(products, map(parse_views, table[VIEWS].to_pylist()), strict=True)
        columns[VIEWS] = [format_views(rename(product, view) for view in views) for product, views in listed]
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table
