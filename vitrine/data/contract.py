"""The contract's files: `catalogue/*.csv` and `judgements/{train,eval}/*.csv` under one data folder."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from vitrine.data import csvfiles
from vitrine.data.columns import (
    CATALOGUE,
    ESCI_LABEL,
    IMAGE,
    JUDGEMENTS,
    PRICE,
    PRODUCT_ID,
    PRODUCT_TEXT,
    QUERY,
    QUERY_ID,
    SPLITS,
)
from vitrine.data.records import Fault, Records
from vitrine.data.rules import CONTROLS, JudgementRules, ProductRules
from vitrine.data.splits import normalise
from vitrine.errors import DataError

Split = Literal["train", "eval"]

CATALOGUE_SCHEMA = pa.schema([(name, pa.float64() if name == PRICE else pa.string()) for name in CATALOGUE])
JUDGEMENTS_SCHEMA = pa.schema([(name, pa.string()) for name in JUDGEMENTS])


def iter_catalogue(data_dir: Path) -> Iterator[pa.Table]:
    """The catalogue in blocks of bounded memory, with `CATALOGUE_SCHEMA`: "" for missing text, null for no price.

    Raises:
        DataError: the first broken rule, by file, row, column and value.

    """
    rules = ProductRules()
    for records in _read(Path(data_dir) / "catalogue", CATALOGUE):
        _stop_at_first([*records.faults, *rules.faults(records)])
        yield typed_products(records.table)


def read_catalogue(data_dir: Path) -> pa.Table:
    """The whole catalogue; see `iter_catalogue`."""
    return pa.concat_tables([CATALOGUE_SCHEMA.empty_table(), *iter_catalogue(data_dir)]).combine_chunks()


def iter_judgements(data_dir: Path, split: Split) -> Iterator[pa.Table]:
    """One split's judgements in blocks of bounded memory, with `JUDGEMENTS_SCHEMA`.

    Raises:
        DataError: the first broken rule, by file, row, column and value; a product that the catalogue lacks is one.

    """
    rules = JudgementRules(product_ids(data_dir))
    for records in _read(_judgements(data_dir, split), JUDGEMENTS):
        _stop_at_first([*records.faults, *rules.faults(records)])
        yield records.table


def read_judgements(data_dir: Path, split: Split) -> pa.Table:
    """One split's judgements; see `iter_judgements`."""
    return pa.concat_tables([JUDGEMENTS_SCHEMA.empty_table(), *iter_judgements(data_dir, split)]).combine_chunks()


def product_ids(data_dir: Path) -> set[str]:
    """Ids of all products, without reading their texts."""
    ids: set[str] = set()
    for records in _read(Path(data_dir) / "catalogue", (PRODUCT_ID,)):
        _stop_at_first(records.faults)
        ids.update(records.table[PRODUCT_ID].to_pylist())
    return ids


def write_catalogue(data_dir: Path, products: pa.Table | Iterable[pa.Table]) -> Path:
    """Write `catalogue/products.csv` whole or not at all.

    Args:
        data_dir: the data folder; made if it does not exist.
        products: tables with the columns of the catalogue; `price` may be missing. Nulls become empty, and line breaks
            and control characters become spaces.

    """
    return _write(Path(data_dir) / "catalogue" / "products.csv", CATALOGUE_SCHEMA, products)


def write_judgements(data_dir: Path, split: Split, judgements: pa.Table | Iterable[pa.Table]) -> Path:
    """Write `judgements/<split>/judgements.csv` whole or not at all; see `write_catalogue`."""
    return _write(_judgements(data_dir, split) / "judgements.csv", JUDGEMENTS_SCHEMA, judgements)


def typed_products(table: pa.Table) -> pa.Table:
    """Catalogue records that keep the rules, with `price` as float64, null where empty."""
    price = pc.if_else(pc.equal(table[PRICE], ""), pa.scalar(None, pa.string()), table[PRICE])
    return table.select(CATALOGUE).set_column(CATALOGUE.index(PRICE), PRICE, price.cast(pa.float64()))


def one_line(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Strings with each run of line breaks and control characters turned into one space, nulls into ""."""
    return pc.replace_substring_regex(column.cast(pa.string()).fill_null(""), CONTROLS, " ")


@dataclass(frozen=True)
class Summary:
    """What a data folder holds. Splits and labels are keys of the dictionaries."""

    products: int
    with_text: int
    with_image: int
    queries: dict[str, int]
    judgements: dict[str, int]
    labels: dict[str, dict[str, int]]


def check(data_dir: Path) -> Summary:
    """Read everything, hold it against every rule of the contract, and count.

    Raises:
        DataError: the first broken rule; among them, a query that is in both splits.

    """
    products = with_text = with_image = 0
    for table in iter_catalogue(data_dir):
        products += table.num_rows
        with_image += pc.sum(pc.not_equal(table[IMAGE], "")).as_py() or 0
        text = pc.binary_join_element_wise(*(table[column] for column in PRODUCT_TEXT), "")
        with_text += pc.sum(pc.not_equal(pc.utf8_trim_whitespace(text), "")).as_py() or 0
    judgements = {split: read_judgements(data_dir, split) for split in SPLITS}
    texts = {
        split: {normalise(query) for query in table[QUERY].unique().to_pylist()} for split, table in judgements.items()
    }
    ids = {split: set(table[QUERY_ID].unique().to_pylist()) for split, table in judgements.items()}
    for what, keys in (("query", texts), ("query_id", ids)):
        for shared in sorted(keys["train"] & keys["eval"]):
            raise DataError(
                f"{data_dir}/judgements: {what} {shared!r} is in both train and eval; split by query, never by row"
            )
    return Summary(
        products=products,
        with_text=with_text,
        with_image=with_image,
        queries={split: len(found) for split, found in ids.items()},
        judgements={split: table.num_rows for split, table in judgements.items()},
        labels={split: _label_counts(table) for split, table in judgements.items()},
    )


def _label_counts(judgements: pa.Table) -> dict[str, int]:
    counted = {entry["values"]: entry["counts"] for entry in pc.value_counts(judgements[ESCI_LABEL]).to_pylist()}
    return {label: counted.get(label, 0) for label in ("E", "S", "C", "I")}


def _judgements(data_dir: Path, split: Split) -> Path:
    if split not in SPLITS:
        raise ValueError(f"split {split!r} is not one of {', '.join(SPLITS)}")
    return Path(data_dir) / "judgements" / split


def _read(folder: Path, columns: tuple[str, ...]) -> Iterator[Records]:
    files = sorted(folder.glob("*.csv"))
    if not files:
        what = "has no *.csv file" if folder.is_dir() else "is not a folder"
        raise DataError(f"{folder} {what}; `vitrine prepare` and `vitrine sample` write the files it should hold")
    first = csvfiles.header(files[0])
    for path in files:
        if csvfiles.header(path) != first:
            # ExampleGen takes the header of one file for all of them.
            raise DataError(f"{path}:1: the header differs from that of {files[0].name}; one folder, one header")
        optional = {PRICE} - set(first)
        for records in csvfiles.read(path, [column for column in columns if column not in optional]):
            table = records.table
            for column in optional & set(columns):
                table = table.append_column(column, pa.array([""] * table.num_rows, pa.string()))
            yield Records(table, path, records.rows, records.faults)


def _stop_at_first(faults: Iterable[Fault]) -> None:
    for fault in sorted(faults, key=lambda fault: fault.row):
        raise DataError(str(fault))


def _write(path: Path, schema: pa.Schema, tables: pa.Table | Iterable[pa.Table]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with arrow_csv.CSVWriter(partial, schema) as writer:
        for table in [tables] if isinstance(tables, pa.Table) else tables:
            writer.write_table(_writable(table, schema))
    partial.replace(path)
    return path


def _writable(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        present = field.name in table.column_names
        values = table[field.name] if present else pa.chunked_array([pa.nulls(table.num_rows, field.type)])
        columns.append(values.cast(field.type) if field.name == PRICE else one_line(values))
    return pa.table(columns, schema=schema)
