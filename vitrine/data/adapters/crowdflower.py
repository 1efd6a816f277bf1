"""Graded results of web shops (CrowdFlower's search relevance data): one file, without images and product ids.

Grades are medians of several raters, from 4 (best) to 1, and become E, S, C, I. A product is a distinct pair of title
and description. A (query, product) pair judged more than once keeps the grade with the least variance.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import assign_splits, query_ids, stable_id, string_table
from vitrine.data.contract.rules import SPLIT
from vitrine.data.formats import csv_reading
from vitrine.data.formats.records import Fault, Records
from vitrine.text.plain_text import plain_text

COLUMNS: Final = ("query", "product_title", "product_description", "median_relevance", "relevance_variance")
LABEL_OF_GRADE: Final = {"4": "E", "3": "S", "2": "C", "1": "I"}
NAMES: Final = {"title": "product_title", "description": "product_description", ESCI_LABEL: "median_relevance"}


def read(input_dir: Path) -> Dataset:
    """Read `judgements.csv`."""
    path = input_dir / "judgements.csv"
    records = csv_reading.read_whole(path, COLUMNS, csv_reading.Dialect(newlines_in_values=True))
    frame = _frame(records)
    products = frame.drop_duplicates(PRODUCT_ID)
    # A stable sort keeps the first row of equal variance; sort_index restores the file's order.
    pairs = frame.sort_values("variance", kind="stable").drop_duplicates([QUERY, PRODUCT_ID]).sort_index()
    return Dataset([_records(products, CATALOGUE, path, records.faults)], [_judged(_records(pairs, JUDGEMENTS, path))])


def _frame(records: Records) -> pd.DataFrame:
    table = records.table
    frame = pd.DataFrame(
        {
            "row": records.rows.to_numpy(),
            QUERY: plain_text(table["query"]).to_pandas(),
            "title": plain_text(table["product_title"]).to_pandas(),
            "description": plain_text(table["product_description"]).to_pandas(),
            "variance": pd.to_numeric(table["relevance_variance"].to_pandas(), errors="coerce").fillna(float("inf")),
        }
    )
    grades = table["median_relevance"].to_pandas()
    frame[ESCI_LABEL] = grades.map(LABEL_OF_GRADE).fillna(grades)
    frame[PRODUCT_ID] = [stable_id("cf", *text) for text in zip(frame["title"], frame["description"], strict=True)]
    return frame


def _records(frame: pd.DataFrame, names: Sequence[str], path: Path, faults: Sequence[Fault] = ()) -> Records:
    columns = {name: pa.array(frame[name], pa.string()) for name in names if name in frame}
    rows = pa.array(frame["row"], pa.int64())
    return Records(string_table(columns, names, len(frame)), path, rows, faults, NAMES)


def _judged(records: Records) -> Records:
    queries = records.table[QUERY]
    table = records.table.set_column(JUDGEMENTS.index(QUERY_ID), QUERY_ID, query_ids(queries))
    return Records(table.append_column(SPLIT, assign_splits(queries)), records.path, records.rows, names=records.names)
