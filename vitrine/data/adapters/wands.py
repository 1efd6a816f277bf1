"""Wayfair's WANDS (Chen et al. 2022, ECIR): 480 queries, 43 thousand products for the home, human judgements.

The three `.csv` files are tab-separated. Exact, Partial and Irrelevant become E, S and I; there is no complement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import assign_splits, string_table
from vitrine.data.contract.rules import SPLIT
from vitrine.data.formats import csv_reading
from vitrine.data.formats.records import Records
from vitrine.text.plain_text import plain_text

DIALECT: Final = csv_reading.Dialect(delimiter="\t", newlines_in_values=True)
LABELS: Final = {"Exact": "E", "Partial": "S", "Irrelevant": "I"}
GIVEN, LETTERS = pa.array(list(LABELS)), pa.array(list(LABELS.values()))
NAMES: Final = {"title": "product_name", "description": "product_description", "category": "category hierarchy"}
CLASS: Final = "product_class"
FEATURES: Final = "product_features"

COLOUR: Final = r"(?:^|\|)\s*color\s*:\s*(?P<color>[^|]*)"
"""RE2 of the attribute `color` in `attribute : value|…`; others such as `framecolor` describe parts."""


def read(input_dir: Path) -> Dataset:
    """Read `product.csv` and `label.csv` in blocks, and the queries of `query.csv`."""
    return Dataset(_products(input_dir / "product.csv"), _judgements(input_dir))


def _products(path: Path) -> Iterator[Records]:
    for records in csv_reading.read(path, (PRODUCT_ID, *NAMES.values(), CLASS, FEATURES), DIALECT):
        table = records.table
        columns = {name: plain_text(table[column]) for name, column in NAMES.items()}
        hierarchy = columns["category"]
        columns["category"] = pc.if_else(pc.equal(hierarchy, ""), plain_text(table[CLASS]), hierarchy)
        colours = pc.struct_field(pc.extract_regex(table[FEATURES], COLOUR), "color")
        columns["color"] = plain_text(pc.fill_null(colours, ""))
        filled = string_table({PRODUCT_ID: table[PRODUCT_ID], **columns}, CATALOGUE, table.num_rows)
        yield replace(records, table=filled, names=NAMES)


def _judgements(folder: Path) -> Iterator[Records]:
    queries = _queries(folder / "query.csv")
    yield Records(_table({}, 0), queries.path, pa.array([], pa.int64()), queries.faults)
    known, texts = queries.table[QUERY_ID], plain_text(queries.table[QUERY])
    for records in csv_reading.read(folder / "label.csv", (QUERY_ID, PRODUCT_ID, "label"), DIALECT):
        unasked = pc.invert(pc.is_in(records.table[QUERY_ID], value_set=known))
        unknown = pc.invert(pc.is_in(records.table["label"], value_set=GIVEN))
        faults = [
            *records.where(unasked, QUERY_ID, "is not in query.csv"),
            *records.where(unknown, "label", f"is not one of {', '.join(LABELS)}"),
        ]
        good = records.without(faults)
        columns = {
            QUERY_ID: good.table[QUERY_ID],
            QUERY: texts.take(pc.index_in(good.table[QUERY_ID], known)),
            PRODUCT_ID: good.table[PRODUCT_ID],
            ESCI_LABEL: pa.chunked_array([LETTERS]).take(pc.index_in(good.table["label"], GIVEN)),
        }
        table = _table(columns, good.table.num_rows)
        yield replace(good, table=table, faults=[*records.faults, *faults], names={ESCI_LABEL: "label"})


def _queries(path: Path) -> Records:
    """Read the queries. A repeated id is a fault."""
    records = csv_reading.read_whole(path, (QUERY_ID, QUERY), DIALECT)
    again = records.table[QUERY_ID].to_pandas().duplicated()
    faults = list(records.where(pa.array(again), QUERY_ID, "is already taken"))
    return replace(records.without(faults), faults=[*records.faults, *faults])


def _table(columns: Mapping[str, pa.ChunkedArray], rows: int) -> pa.Table:
    """Build judgements with `split`. `query_class` is no source of the query, so `source` stays empty."""
    table = string_table(columns, JUDGEMENTS, rows)
    return table.append_column(SPLIT, assign_splits(table[QUERY]))
