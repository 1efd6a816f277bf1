"""A shop's judgements, in a table or in TREC's form, as records of the contract."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.derived_columns import assign_splits, query_ids, string_table
from vitrine.data.contract.missing_judgements import click_columns, click_log
from vitrine.data.contract.rules import JUDGED, SPLIT
from vitrine.data.formats.csv_reading import Dialect
from vitrine.data.formats.csv_writing import one_line
from vitrine.data.formats.records import Records, joined
from vitrine.data.tables.files import column_names, file_dialect, read_table
from vitrine.data.tables.labels import LabelMap
from vitrine.data.tables.matching import match_columns
from vitrine.data.tables.product_columns import clean_ids
from vitrine.data.tables.qrels import is_qrels, read_qrels
from vitrine.data.tables.raters import FURTHER, NOT_FIRST, Raters, merge_raters
from vitrine.data.tables.wrong_encoding import wrong_encoding
from vitrine.errors import DataError

MAPPABLE: Final = (*JUDGEMENTS, SPLIT)
REQUIRED: Final = (PRODUCT_ID, QUERY, ESCI_LABEL)
SPLITS: Final = {"train": "train", "eval": "eval", "test": "eval"}
HINTS: Final = {JUDGED: "; --raters mean, vote or first makes one of several"}


@dataclass
class JudgementsTable:
    """A shop's judgements.

    Attributes:
        path: their file.
        dialect: its dialect if it is CSV, with the delimiter "" for that of the first line.
        chosen: the file's column by the contract's, as the user maps them; `split` is read only when mapped.
        labels: the label of each value.
        raters: the label of a pair that several raters judged; "" makes a second judgement an error.
        queries: the file of the texts of the queries, for judgements in TREC's form.
        id_names: a function that returns the names that the column of products may have.
        notes, left_out, shared_id: as of `CatalogueTable`.
    """

    path: Path
    dialect: Dialect
    chosen: Mapping[str, str]
    labels: LabelMap
    raters: Raters | Literal[""]
    queries: Path | None
    id_names: Callable[[], Sequence[str]]
    notes: list[str] = field(default_factory=list)
    left_out: MutableMapping[str, int] = field(default_factory=dict)
    shared_id: bool = True

    def records(self) -> Iterator[Records]:
        """Yield blocks with all columns of the judgements and `split`.

        Raises:
            DataError: the file cannot be read, or lacks a column.
        """
        blocks = self._qrels() if is_qrels(self.path, self.dialect) else self._table()
        if self.raters:
            blocks = self._merged(blocks, self.raters)
        for records in blocks:
            labels = records.table[ESCI_LABEL] if self.raters else self.labels.labels(records.table[ESCI_LABEL])
            table = _replaced(records.table, ESCI_LABEL, labels)
            if SPLIT not in records.names:
                table = _replaced(table, SPLIT, assign_splits(table[QUERY]))
            yield replace(records, table=table, hints=HINTS)

    def _qrels(self) -> Iterator[Records]:
        self.notes.append(f"{self.path.name}: read as TREC's judgements")
        for records in read_qrels(self.path, self.queries, self.dialect, self.notes):
            columns = {name: records.table[name] for name in JUDGEMENTS}
            columns[PRODUCT_ID] = clean_ids(columns[PRODUCT_ID])
            yield replace(records, table=string_table(columns, MAPPABLE, records.table.num_rows))

    def _table(self) -> Iterator[Records]:
        dialect = file_dialect(self.path, self.dialect, self.notes)
        header = column_names(self.path, dialect)
        known: dict[str, Sequence[str]] = {name: (name,) for name in JUDGEMENTS}
        known[PRODUCT_ID] = (PRODUCT_ID, *self.id_names())
        if SPLIT in self.chosen:
            known[SPLIT] = ()
        try:
            matched = match_columns(self.path, header, known, self.chosen, REQUIRED, self.notes, self.shared_id)
        except DataError:
            if ESCI_LABEL not in self.chosen and (clicks := click_columns(header)):
                raise click_log(self.path, clicks) from None
            raise
        if matched.unused:
            self.notes.append(f"{self.path.name}: columns not used: {', '.join(map(repr, matched.unused))}")
        names = matched.names
        for raw in read_table(self.path, list(dict.fromkeys(names.values())), dialect):
            bad = wrong_encoding(raw, [names[name] for name in (QUERY, PRODUCT_ID)], dialect)
            good = raw.without(bad)
            columns = {name: pc.utf8_trim_whitespace(one_line(good.table[column])) for name, column in names.items()}
            columns[PRODUCT_ID] = clean_ids(columns[PRODUCT_ID])
            if QUERY_ID not in names:
                columns[QUERY_ID] = query_ids(columns[QUERY])
            if SPLIT in names:
                columns[SPLIT] = _splits(columns[SPLIT])
            table = string_table(columns, MAPPABLE, good.table.num_rows)
            yield Records(table, raw.path, good.rows, [*raw.faults, *bad], names)

    def _merged(self, blocks: Iterator[Records], raters: Raters) -> Iterator[Records]:
        """Read all blocks and merge the judgements of each pair; the faults come with them."""
        read = list(blocks)
        if not read:
            return
        merged, further = merge_raters(joined(read), raters, self.labels)
        if further:
            self.left_out[NOT_FIRST if raters == "first" else FURTHER] = further
        yield merged


def _splits(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the split that each value names [N]; others stay, and the rules refuse them."""
    indices = pc.index_in(pc.utf8_lower(values), value_set=pa.array(list(SPLITS)))
    return pc.coalesce(pa.chunked_array([pa.array(list(SPLITS.values()))]).take(indices), values)


def _replaced(table: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)
