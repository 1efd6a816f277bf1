"""A user's catalogue and judgements files in CSV, with a mapping of columns and labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters.dataset import Dataset, assign_splits, query_ids, string_table
from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.missing_judgements import click_columns, click_log
from vitrine.data.contract.rules import SPLIT
from vitrine.data.formats import csv_reading
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Records
from vitrine.errors import ConfigError, DataError
from vitrine.labels import LABELS, NAMES

ENCODINGS: Final = ("utf-8", "latin-1")
MAPPABLE: Final = {"catalogue": CATALOGUE, "judgements": (*JUDGEMENTS, SPLIT)}
REQUIRED: Final = (PRODUCT_ID, QUERY, ESCI_LABEL)

KNOWN_LABELS: Final = {label.lower(): label for label in LABELS} | {name: label for label, name in NAMES.items()}
"""Label values that need no mapping, in lower case; they match in any case."""

KNOWN_SPLITS: Final = {"train": "train", "eval": "eval", "test": "eval"}


@dataclass(frozen=True)
class CsvSettings:
    """Settings for reading the user's files.

    Attributes:
        catalogue_file, judgements_file: paths below the input folder.
        columns: the file's column by the contract's column (`title`), or by file and column (`judgements.query`).
            Other columns have the contract's names. `split` is read only when mapped.
        labels: E, S, C or I by value of the label column.
        images: the image root, below the input folder.
    """

    catalogue_file: str = "catalogue.csv"
    judgements_file: str = "judgements.csv"
    columns: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ","
    encoding: str = "utf-8"
    images: str = "images"

    def __post_init__(self) -> None:
        allowed = {*MAPPABLE["catalogue"], *MAPPABLE["judgements"]}
        allowed |= {f"{file}.{column}" for file, columns in MAPPABLE.items() for column in columns}
        for column in self.columns:
            if column not in allowed:
                names = ", ".join(dict.fromkeys([*CATALOGUE, *JUDGEMENTS, SPLIT]))
                raise ConfigError(f"--map {column}: not a column of the contract, which has {names}")
        for value, label in self.labels.items():
            if label not in LABELS:
                raise ConfigError(f"--label-map {value}={label}: {label!r} is not one of {', '.join(reversed(LABELS))}")
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n' or not self.delimiter.isascii():
            raise ConfigError(
                f"--delimiter {self.delimiter!r}: must be one ASCII character, and no quote or line break"
            )
        if self.encoding not in ENCODINGS:
            raise ConfigError(f"--encoding {self.encoding}: not one of {', '.join(ENCODINGS)}")


def read(input_dir: Path, settings: CsvSettings | None = None) -> Dataset:
    """Read the user's files in blocks as records of the contract.

    There are no judgements without their file. Queries without an id get one from their text. The hash of the query
    decides the split unless `split` is mapped.
    """
    settings = settings or CsvSettings()
    catalogue, path = input_dir / settings.catalogue_file, input_dir / settings.judgements_file
    products = _read(catalogue, "catalogue", settings)
    is_judged = path.exists() or not catalogue.exists()  # a missing catalogue is told first
    judgements = _judgements(_read(path, "judgements", settings), settings) if is_judged else None
    return Dataset(products, judgements, input_dir / settings.images, lacks=f"{path}: no such file")


def _read(path: Path, file: str, settings: CsvSettings) -> Iterator[Records]:
    """Yield blocks with all of the contract's columns of `file`; absent ones are empty."""
    dialect = csv_reading.Dialect(settings.delimiter, settings.encoding, newlines_in_values=True)
    names = _file_columns(path, file, csv_reading.header(path, dialect), settings.columns)
    for records in csv_reading.read(path, list(dict.fromkeys(names.values())), dialect):
        columns = {name: pc.utf8_trim_whitespace(one_line(records.table[column])) for name, column in names.items()}
        table = string_table(columns, MAPPABLE[file], records.table.num_rows)
        yield Records(table, path, records.rows, records.faults, names)


def _file_columns(path: Path, file: str, header: list[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the file's name of each of the contract's columns that it has."""
    names = {}
    for column in MAPPABLE[file]:
        mapped = mapping.get(f"{file}.{column}", mapping.get(column))
        if mapped in header:
            names[column] = mapped
        elif column in header and column != SPLIT and (mapped is None or column == PRODUCT_ID):
            names[column] = column  # the mapping of `product_id` may be meant for the other file
        elif mapped is not None or column in REQUIRED:
            if file == "judgements" and mapped is None and (clicks := click_columns(header)):
                raise click_log(path, clicks)
            has = ", ".join(map(repr, header))
            raise DataError(
                f"{path}:1: column {mapped or column!r} is missing; the file has {has}. "
                f"Name the one to use with --map {column}=COLUMN"
            )
    return names


def _judgements(blocks: Iterator[Records], settings: CsvSettings) -> Iterator[Records]:
    for records in blocks:
        table = records.table
        table = _replaced(table, ESCI_LABEL, _labels(table[ESCI_LABEL], settings.labels))
        if QUERY_ID not in records.names:
            table = _replaced(table, QUERY_ID, query_ids(table[QUERY]))
        if SPLIT in records.names:
            table = _replaced(table, SPLIT, _mapped(pc.utf8_lower(table[SPLIT]), KNOWN_SPLITS, table[SPLIT]))
        else:
            table = _replaced(table, SPLIT, assign_splits(table[QUERY]))
        yield Records(table, records.path, records.rows, records.faults, records.names)


def _labels(values: pa.ChunkedArray, mapping: Mapping[str, str]) -> pa.ChunkedArray:
    known = _mapped(pc.utf8_lower(values), KNOWN_LABELS, values)
    return _mapped(values, mapping, known)


def _mapped(values: pa.ChunkedArray, mapping: Mapping[str, str], otherwise: pa.ChunkedArray) -> pa.ChunkedArray:
    indices = pc.index_in(values, value_set=pa.array(list(mapping), pa.string()))
    return pc.coalesce(pa.chunked_array([pa.array(list(mapping.values()), pa.string())]).take(indices), otherwise)


def _replaced(table: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)
