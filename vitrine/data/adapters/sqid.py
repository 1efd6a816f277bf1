"""The Shopping Queries Image Dataset (Al Ghossein et al. 2024, arXiv:2405.15190): images and CLIP vectors for ESCI.

Besides ESCI's files: `product_image_urls.csv`, `supp_product_image_urls.csv` if it exists, `product_features.parquet`
and `query_features.parquet`. It covers the test split of Task 1, US, whose queries are split again, by their hash.
Files are read in batches; ids, queries and addresses stay in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters import esci
from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import CATALOGUE, IMAGE, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import assign_splits
from vitrine.data.contract.rules import SPLIT
from vitrine.data.formats import csv_reading, parquet_reading
from vitrine.data.formats.records import Fault, Records
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.data.vectors.published_columns import unit_vectors
from vitrine.errors import DataError

ADDRESSES: Final = "product_image_urls"
MORE_ADDRESSES: Final = "supp_product_image_urls"
"""Files of addresses, `.csv` or, as published today, `.parquet`. Addresses in the first file win."""
QUERY_FEATURES: Final = "query_features.parquet"
PRODUCT_FEATURES: Final = "product_features.parquet"
URL: Final = "image_url"
TEXT_FEATURES: Final = "clip_text_features"
IMAGE_FEATURES: Final = "clip_image_features"
MODEL: Final = "openai/clip-vit-large-patch14"
DIMENSION: Final = 768
BATCH: Final = 2048
"""Rows of vectors read at a time; about 40 MB as strings."""


def read(input_dir: Path) -> Dataset:
    """Read the judgements of ESCI's US test split, small version, the judged products, and the vectors of both."""
    part = esci.read(input_dir, esci.EsciSettings(split="test"))
    sqid = _Sqid(input_dir, part)
    return Dataset(sqid.products(), sqid.judgements(), left_out=part.left_out, write_vectors=sqid.write_vectors)


@dataclass
class _Sqid:
    """ESCI's part with addresses and splits. Keeps the ids read so far, whose vectors are written."""

    folder: Path
    part: Dataset
    product_ids: set[str] = field(default_factory=set)
    query_texts: dict[str, str] = field(default_factory=dict)

    def products(self) -> Iterator[Records]:
        addresses = _addresses(self.folder)
        for records in self.part.products:
            ids = records.table[PRODUCT_ID]
            self.product_ids.update(ids.to_pylist())
            urls = pc.fill_null(addresses[URL].take(pc.index_in(ids, addresses[PRODUCT_ID])), "")
            table = records.table.set_column(CATALOGUE.index(IMAGE), IMAGE, urls)
            yield Records(table, records.path, records.rows, names=records.names)

    def judgements(self) -> Iterator[Records]:
        for records in self.part.judgements or ():
            table = records.table
            self.query_texts |= dict(zip(table[QUERY_ID].to_pylist(), table[QUERY].to_pylist(), strict=True))
            column = table.column_names.index(SPLIT)
            yield Records(table.set_column(column, SPLIT, assign_splits(table[QUERY])), records.path, records.rows)

    def write_vectors(self, folder: Path) -> None:
        write_vector_files(folder, MODEL, DIMENSION, self._query_vectors(), self._product_vectors())

    def _query_vectors(self) -> Iterator[QueryVectors]:
        path = self.folder / QUERY_FEATURES
        wanted = pa.array(self.query_texts, pa.string())
        texts = pa.array(self.query_texts.values(), pa.string())
        for batch, ids, rows in _rows_of(path, QUERY_ID, (TEXT_FEATURES,), wanted):
            vectors, present = unit_vectors(path, batch, rows, TEXT_FEATURES, DIMENSION)
            if not present.all():
                row = int(present.argmin())
                value, reason = ids[row].as_py(), f"has no {TEXT_FEATURES}, or one of zeros"
                raise DataError(str(Fault(path, rows[row].as_py(), QUERY_ID, value, reason)))
            yield QueryVectors(ids, texts.take(pc.index_in(ids, wanted)), vectors)

    def _product_vectors(self) -> Iterator[ProductVectors]:
        path = self.folder / PRODUCT_FEATURES
        wanted = pa.array(sorted(self.product_ids), pa.string())
        for batch, ids, rows in _rows_of(path, PRODUCT_ID, (TEXT_FEATURES, IMAGE_FEATURES), wanted):
            text, has_text = unit_vectors(path, batch, rows, TEXT_FEATURES, DIMENSION)
            image, has_image = unit_vectors(path, batch, rows, IMAGE_FEATURES, DIMENSION)
            yield ProductVectors(ids, text, image, has_text, has_image)


def _addresses(folder: Path) -> pa.Table:
    """Read the images' addresses, `product_id` and `image_url`. `index_in` finds the first of several of a product."""
    tables = []
    for name in (ADDRESSES, MORE_ADDRESSES):
        path = folder / f"{name}.csv"
        if not path.exists():
            published = folder / f"{name}.parquet"
            if name == MORE_ADDRESSES and not published.exists():
                continue
            path = published if published.exists() else path
        for records in (parquet_reading if path.suffix == ".parquet" else csv_reading).read(path, (PRODUCT_ID, URL)):
            for fault in records.faults:
                raise DataError(str(fault))
            tables.append(records.table.filter(pc.not_equal(records.table[URL], "")))
    nothing = pa.table({name: pa.array([], pa.string()) for name in (PRODUCT_ID, URL)})
    return pa.concat_tables([nothing, *tables]).combine_chunks()


def _rows_of(
    path: Path, id_column: str, features: tuple[str, ...], wanted: pa.Array
) -> Iterator[tuple[pa.RecordBatch, pa.Array, pa.Array]]:
    """Yield batches of the rows whose id is in `wanted`, with their ids as strings and their row numbers.

    Raises:
        DataError: an id has more than one row.
    """
    seen: set[str] = set()
    for batch, rows in parquet_reading.batches(path, (id_column, *features), BATCH):
        ids = parquet_reading.strings(path, batch, id_column)
        mask = pc.is_in(ids, value_set=wanted)
        batch, ids, rows = batch.filter(mask), ids.filter(mask), rows.filter(mask)
        for row, value in zip(rows.to_pylist(), ids.to_pylist(), strict=True):
            if value in seen:
                raise DataError(str(Fault(path, row, id_column, value, "has vectors in an earlier row already")))
            seen.add(value)
        if len(ids):
            yield batch, ids, rows
