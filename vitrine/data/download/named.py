"""The pictures that products name: in a catalogue's column `image`, or in a list of addresses as SQID publishes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from vitrine.data import csv_reading, csv_writing, parquet_reading
from vitrine.data.columns import IMAGE, PRODUCT_ID
from vitrine.data.contract import iter_catalogue
from vitrine.data.records import Records
from vitrine.errors import DataError

IMAGE_URL = "image_url"


class Named(NamedTuple):
    """A product and what it names as its picture: an address, a path, or nothing."""

    product_id: str
    image: str


def named_in_catalogue(data_dir: Path) -> list[Named]:
    """All products of a data folder.

    Raises:
        DataError: the catalogue breaks the contract.
    """
    return [
        Named(*row)
        for table in iter_catalogue(data_dir)
        for row in zip(table[PRODUCT_ID].to_pylist(), table[IMAGE].to_pylist(), strict=True)
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


def rename_in_catalogue(data_dir: Path, images: Mapping[str, str]) -> None:
    """Give products, by their ids, another `image`. All other columns stay; each file is replaced whole, if at all."""
    for path in sorted((data_dir / "catalogue").glob("*.csv")):
        names = csv_reading.header(path)
        tables = [_renamed(records.table, images) for records in csv_reading.read(path, names)]
        csv_writing.write(path, pa.schema([(name, pa.string()) for name in names]), tables)


def _renamed(table: pa.Table, images: Mapping[str, str]) -> pa.Table:
    rows = zip(table[PRODUCT_ID].to_pylist(), table[IMAGE].to_pylist(), strict=True)
    renamed = pa.array([images.get(product, image) for product, image in rows], pa.string())
    return table.set_column(table.column_names.index(IMAGE), IMAGE, renamed)
