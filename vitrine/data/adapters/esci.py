"""Amazon's Shopping Queries Dataset (Reddy et al. 2022, arXiv:2206.06588) from its published files, with its split.

`shopping_queries_dataset_examples.parquet`, `shopping_queries_dataset_products.parquet`, and, if it is there,
`shopping_queries_dataset_sources.csv`. Files are read in batches; ids and queries stay in memory.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.derived_columns import string_table
from vitrine.data.contract.rules import SPLIT
from vitrine.data.contract.splits import normalise
from vitrine.data.formats import csv_reading, parquet_reading
from vitrine.data.formats.records import Records
from vitrine.errors import ConfigError
from vitrine.text.plain_text import plain_text
from vitrine.text.windows_1252 import repair_windows_1252

EXAMPLES: Final = "shopping_queries_dataset_examples.parquet"
PRODUCTS: Final = "shopping_queries_dataset_products.parquet"
SOURCES: Final = "shopping_queries_dataset_sources.csv"

LOCALES: Final = ("us", "es", "jp")
VERSIONS: Final = ("small", "large")
SPLITS: Final = {"train": "train", "test": "eval"}
LOCALE: Final = "product_locale"
TEXT: Final = {"title": "product_title", "brand": "product_brand", "color": "product_color"}
DESCRIPTION: Final = ("product_bullet_point", "product_description")
"""Columns of the description; the bullet points come first, because encoders read the beginning of a text."""

SHARED: Final = "judgements of train queries that are in the test split too"


@dataclass(frozen=True)
class EsciSettings:
    """The part of the dataset to read.

    Attributes:
        locales: some of `LOCALES`. With several, product ids begin with the locale, since locales share ids.
        version: "small" (Task 1, the harder queries) or "large" (Tasks 2 and 3).
        split: the dataset's split to read, "train" or "test"; "" for both.
    """

    locales: tuple[str, ...] = ("us",)
    version: str = "small"
    split: str = ""

    def __post_init__(self) -> None:
        for locale in self.locales:
            if locale not in LOCALES:
                raise ConfigError(f"--locale {locale}: not one of {', '.join(LOCALES)}")
        if self.version not in VERSIONS:
            raise ConfigError(f"--version {self.version}: not one of {', '.join(VERSIONS)}")


def read(input_dir: Path, settings: EsciSettings | None = None) -> Dataset:
    """Read the judgements of the chosen locales and version, and the products they judge.

    The split is the dataset's. A query that is in both splits, with the same words, stays in the test split only.
    """
    part = _Part(input_dir, settings or EsciSettings())
    return Dataset(part.products(), part.judgements(), left_out=part.left_out)


@dataclass
class _Part:
    """The chosen part. `judged` are its products' ids, `tested` the normalised queries of its test split."""

    folder: Path
    settings: EsciSettings
    judged: pa.Array = field(init=False)
    tested: set[str] = field(init=False)
    left_out: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        judged: list[pa.Array] = []
        tested: set[str] = set()
        for records in self._examples((PRODUCT_ID,)):
            judged += self._ids(records.table).chunks
            test = records.table.filter(pc.equal(records.table[SPLIT], "test"))
            tested.update(pc.unique(repair_windows_1252(test[QUERY])).to_pylist())
        self.judged = pc.unique(pa.chunked_array(judged, pa.string()))
        self.tested = {normalise(query) for query in tested}

    def products(self) -> Iterator[Records]:
        columns = (PRODUCT_ID, LOCALE, *TEXT.values(), *DESCRIPTION)
        for records in parquet_reading.read(self.folder / PRODUCTS, columns):
            table = records.table
            ids = self._ids(table)
            wanted = pc.and_(self._local(table), pc.is_in(ids, value_set=self.judged))
            table, ids = table.filter(wanted), ids.filter(wanted)
            values = {name: plain_text(table[column]) for name, column in TEXT.items()}
            values["description"] = plain_text(pc.binary_join_element_wise(*(table[name] for name in DESCRIPTION), " "))
            filled = string_table({PRODUCT_ID: ids, **values}, CATALOGUE, table.num_rows)
            yield Records(filled, records.path, records.rows.filter(wanted.combine_chunks()), names=TEXT)

    def judgements(self) -> Iterator[Records]:
        sources = self._sources()
        for records in self._examples((QUERY_ID, PRODUCT_ID, ESCI_LABEL)):
            table = records.table
            source = pc.fill_null(sources[SOURCE].take(pc.index_in(table[QUERY_ID], sources[QUERY_ID])), "")
            columns = {name: table[name] for name in (QUERY_ID, ESCI_LABEL)}
            columns |= {QUERY: repair_windows_1252(table[QUERY]), PRODUCT_ID: self._ids(table), SOURCE: source}
            judged = string_table(columns, JUDGEMENTS, table.num_rows).append_column(SPLIT, _splits(table[SPLIT]))
            yield self._without_tested(Records(judged, records.path, records.rows))

    def _examples(self, columns: tuple[str, ...]) -> Iterator[Records]:
        """Yield the part's examples, with `columns` and the columns that select the part."""
        version = f"{self.settings.version}_version"
        needed = dict.fromkeys((*columns, QUERY, LOCALE, version, SPLIT))
        for records in parquet_reading.read(self.folder / EXAMPLES, list(needed)):
            wanted = pc.and_(self._local(records.table), pc.equal(records.table[version], "1")).combine_chunks()
            if self.settings.split:
                wanted = pc.and_(wanted, pc.equal(records.table[SPLIT], self.settings.split).combine_chunks())
            yield Records(records.table.filter(wanted), records.path, records.rows.filter(wanted))

    def _without_tested(self, records: Records) -> Records:
        """Remove the train judgements of queries of the test split."""
        queries = records.table[QUERY].combine_chunks().dictionary_encode()
        tested = pa.array([normalise(query) in self.tested for query in queries.dictionary.to_pylist()], pa.bool_())
        shared = pc.and_(tested.take(queries.indices), pc.equal(records.table[SPLIT], "train")).combine_chunks()
        if count := pc.sum(shared).as_py():
            self.left_out[SHARED] += count
        kept = pc.invert(shared)
        return Records(records.table.filter(kept), records.path, records.rows.filter(kept))

    def _local(self, table: pa.Table) -> pa.ChunkedArray:
        return pc.is_in(table[LOCALE], value_set=pa.array(self.settings.locales))

    def _ids(self, table: pa.Table) -> pa.ChunkedArray:
        if len(self.settings.locales) == 1:
            return table[PRODUCT_ID]
        return pc.binary_join_element_wise(table[LOCALE], table[PRODUCT_ID], "-")

    def _sources(self) -> pa.Table:
        path = self.folder / SOURCES
        if not path.exists():
            return pa.table({QUERY_ID: pa.array([], pa.string()), SOURCE: pa.array([], pa.string())})
        return csv_reading.read_whole(path, (QUERY_ID, SOURCE)).table.combine_chunks()


def _splits(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Map each split to the contract's name; unknown values stay, and the rules refuse them."""
    indices = pc.index_in(values, value_set=pa.array(list(SPLITS)))
    return pc.coalesce(pa.chunked_array([pa.array(list(SPLITS.values()))]).take(indices), values)
