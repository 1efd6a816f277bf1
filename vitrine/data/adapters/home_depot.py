"""The Home Depot's search relevance data (Kaggle, 2016): graded results, descriptions and attributes, no images.

Grades are means of three raters or more, from 1 to 3, and become E, S, C, I by `MIN_GRADE`. The products are those that
`train.csv` judges; `test.csv` has no grades and is not read.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import assign_splits, query_ids, string_table
from vitrine.data.contract.rules import SPLIT
from vitrine.data.formats import csv_reading
from vitrine.data.formats.records import Fault, Records
from vitrine.text.plain_text import plain_text

MIN_GRADE: Final = {"I": 1.0, "C": 1.34, "S": 2.0, "E": 2.66}
"""The smallest grade of each label; published grades have two digits. Of three raters, E needs two who said 3."""

GRADE: Final = r"^([12](\.[0-9]{1,6})?|3(\.0{1,6})?)$"
"""RE2 of a number from 1 to 3."""

UID: Final = "product_uid"
COLUMNS: Final = (UID, "product_title", "search_term", "relevance")
NAMES: Final = {PRODUCT_ID: UID, QUERY: "search_term", "title": "product_title", "description": "product_description"}

ATTRIBUTES: Final = {"brand": ("MFG Brand Name",), "color": ("Color Family", "Color/Finish", "Color")}
"""Names in `attributes.csv` for a column of the catalogue; the first that a product has is used."""

NO_VALUE: Final = ("", "Unbranded", "N/A")
REPEATED: Final = "judgements of a pair that was judged before"

LATIN_1: Final = csv_reading.Dialect(encoding="latin-1", newlines_in_values=True)
UTF_8: Final = csv_reading.Dialect(newlines_in_values=True)


def read(input_dir: Path) -> Dataset:
    """Read `train.csv`, the blocks of `product_descriptions.csv`, and `attributes.csv` if it is there."""
    train = csv_reading.read_whole(input_dir / "train.csv", COLUMNS, LATIN_1)
    left_out: Counter[str] = Counter()
    return Dataset(_products(input_dir, train), _judgements(train, left_out), left_out=left_out)


def _products(folder: Path, train: Records) -> Iterator[Records]:
    """Yield the judged products in the order of their descriptions, then those without one."""
    first = ~train.table[UID].to_pandas().duplicated()
    judged = replace(_chosen(train, first), faults=())
    uids, titles = judged.table[UID], judged.table["product_title"]
    path = folder / "attributes.csv"
    attributes, faults = _attributes(path, uids) if path.exists() else ({}, [])
    yield Records(string_table({}, CATALOGUE, 0), path, pa.array([], pa.int64()), faults)
    described: set[str] = set()
    for records in csv_reading.read(folder / "product_descriptions.csv", (UID, "product_description"), UTF_8):
        block = _chosen(records, pc.is_in(records.table[UID], value_set=uids))
        described.update(block.table[UID].to_pylist())
        title = titles.take(pc.index_in(block.table[UID], uids))
        yield _catalogued(block, {"title": title, "description": block.table["product_description"]}, attributes)
    rest = _chosen(judged, pc.invert(pc.is_in(uids, value_set=pa.array(described, pa.string()))))
    yield _catalogued(rest, {"title": rest.table["product_title"]}, attributes)


def _catalogued(
    records: Records, texts: Mapping[str, pa.ChunkedArray], attributes: Mapping[str, Mapping[str, str]]
) -> Records:
    uids = records.table[UID]
    columns = {name: plain_text(text) for name, text in texts.items()}
    for name, values in attributes.items():
        column = [values.get(uid, "") for uid in uids.to_pylist()]
        columns[name] = plain_text(pa.chunked_array([column], pa.string()))
    table = string_table({PRODUCT_ID: uids, **columns}, CATALOGUE, records.table.num_rows)
    return replace(records, table=table, names=NAMES)


def _attributes(path: Path, judged: pa.ChunkedArray) -> tuple[dict[str, dict[str, str]], list[Fault]]:
    """Return the values of `ATTRIBUTES` by column and judged product, and the file's faults."""
    names = pa.array([name for known in ATTRIBUTES.values() for name in known])
    faults: list[Fault] = []
    tables = []
    for records in csv_reading.read(path, (UID, "name", "value"), UTF_8):
        faults += records.faults
        table = records.table
        known = pc.and_(pc.is_in(table["name"], value_set=names), pc.is_in(table[UID], value_set=judged))
        has_value = pc.invert(pc.is_in(table["value"], value_set=pa.array(NO_VALUE)))
        tables.append(table.filter(pc.and_(known, has_value)))
    rows = pa.concat_tables(tables).to_pandas() if tables else pd.DataFrame(columns=[UID, "name", "value"])
    attributes: dict[str, dict[str, str]] = {}
    for column, known_as in ATTRIBUTES.items():
        named = rows[rows["name"].isin(known_as)]
        named = named.sort_values("name", kind="stable", key=lambda names: names.map(known_as.index))
        first = named.drop_duplicates(UID)
        attributes[column] = dict(zip(first[UID], first["value"], strict=True))
    return attributes, faults


def _judgements(train: Records, left_out: Counter[str]) -> Iterator[Records]:
    """Yield the first judgement of each pair. Queries that differ in white space or mark-up only are equal."""
    ungraded = pc.invert(pc.match_substring_regex(train.table["relevance"], GRADE))
    faults = list(train.where(ungraded, "relevance", "is not a number from 1 to 3"))
    graded = train.without(faults)
    graded = graded.with_column(QUERY, plain_text(graded.table["search_term"]))
    again = graded.table.select([QUERY, UID]).to_pandas().duplicated()
    if count := int(again.sum()):
        left_out[REPEATED] += count
    good = _chosen(graded, ~again)
    queries = good.table[QUERY]
    grades = pd.to_numeric(good.table["relevance"].to_pandas())
    labels = pd.cut(grades, [*MIN_GRADE.values(), np.inf], right=False, labels=list(MIN_GRADE)).astype(str)
    columns = {
        QUERY_ID: query_ids(queries),
        QUERY: queries,
        PRODUCT_ID: good.table[UID],
        ESCI_LABEL: pa.array(labels, pa.string()),
    }
    table = string_table(columns, JUDGEMENTS, good.table.num_rows).append_column(SPLIT, assign_splits(queries))
    yield replace(good, table=table, faults=[*train.faults, *faults], names=NAMES)


def _chosen(records: Records, mask: pa.ChunkedArray | pd.Series) -> Records:
    """Return the records where the boolean mask [N] is true."""
    kept = pa.array(np.asarray(mask, dtype=bool))
    return replace(records, table=records.table.filter(kept), rows=records.rows.filter(kept))
