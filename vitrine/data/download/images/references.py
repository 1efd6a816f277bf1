"""The pictures that products name: in a catalogue's columns, or in a list of addresses as SQID publishes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.contract.files import iter_catalogue
from vitrine.data.formats import csv_reading, csv_writing, parquet_reading
from vitrine.data.formats.records import Records
from vitrine.data.images.views import parse_views, pictures_of, write_views
from vitrine.errors import DataError

IMAGE_URL = "image_url"
NAMING = (PRODUCT_ID, IMAGE, VIEWS)


class Named(NamedTuple):
    """A product and what it names as a picture: an address, a path, or nothing."""

    product_id: str
    image: str


def named_in_catalogue(data_dir: Path) -> list[Named]:
    """All products of a data folder, once for each of their pictures.

    Raises:
        DataError: the catalogue breaks the contract.
    """
    return [
        Named(product, picture)
        for table in iter_catalogue(data_dir)
        for product, image, views in zip(*(table[name].to_pylist() for name in NAMING), strict=True)
        for picture in pictures_of(image, views) or [""]
    ]


def named_in_list(path: Path) -> list[Named]:
    """All rows of a CSV or Parquet file with the columns `product_id` and `image_url`.

    Raises:
        DataError: the file cannot be read, or a row of it.
    """
    columns = (PRODUCT_ID, IMAGE_URL)
    blocks: Iterator[Records]
    blocks = (parquet_reading if path.suffix == ".parquet" else csv_reading).read(path, columns)
    named: list[Named] = []
    for records in blocks:
        for fault in records.faults:
            raise DataError(str(fault))
        named += map(Named, *(records.table[column].to_pylist() for column in columns))
    return named


def rename_in_catalogue(data_dir: Path, renamed: Mapping[Named, str]) -> None:
    """Give pictures of products another name. All other columns stay; each file is replaced whole, if at all."""
    for path in sorted((data_dir / "catalogue").glob("*.csv")):
        names = csv_reading.header(path)
        tables = [_renamed(records.table, renamed) for records in csv_reading.read(path, names)]
        csv_writing.write(path, pa.schema([(name, pa.string()) for name in names]), tables)


def _renamed(table: pa.Table, renamed: Mapping[Named, str]) -> pa.Table:
    products = table[PRODUCT_ID].to_pylist()

    def rename(product: str, picture: str) -> str:
        return renamed.get(Named(product, picture), picture)

    columns = {IMAGE: [rename(*row) for row in zip(products, table[IMAGE].to_pylist(), strict=True)]}
    if VIEWS in table.column_names:
        listed = zip(products, map(parse_views, table[VIEWS].to_pylist()), strict=True)
        columns[VIEWS] = [write_views(rename(product, view) for view in views) for product, views in listed]
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values, pa.string()))
    return table
