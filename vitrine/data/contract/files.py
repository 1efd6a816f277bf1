"""The contract's files: `catalogue/*.csv` and `judgements/{train,eval}/*.csv` in a data folder."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, NoReturn, Protocol, get_args

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.attributes.declaration import NAME, RESERVED
from vitrine.data.columns import (
    CATALOGUE,
    ESCI_LABEL,
    EXTRA,
    IMAGE,
    JUDGEMENTS,
    OPTIONAL,
    PRICE,
    PRODUCT_ID,
    PRODUCT_TEXT,
    QUERY,
    QUERY_ID,
    SOURCE,
    WEIGHT,
    WEIGHTED,
)
from vitrine.data.contract.judges import judged_by
from vitrine.data.contract.query_splits import Splits, find_splits
from vitrine.data.contract.rules import SPLIT, JudgementRules, ProductRules, SplitRules
from vitrine.data.contract.span_merge import SpanMerge, files_of, turns
from vitrine.data.contract.spans import SpanFiles, catalogue_files, folder_of, has_spans, judgement_files
from vitrine.data.formats import csv_reading, csv_writing
from vitrine.data.formats.records import Fault, Records
from vitrine.errors import DataError
from vitrine.labels import LABELS

Split = Literal["train", "eval"]

CATALOGUE_SCHEMA: Final = pa.schema([(name, pa.float64() if name == PRICE else pa.string()) for name in CATALOGUE])
JUDGEMENTS_SCHEMA: Final = pa.schema([(name, pa.string()) for name in JUDGEMENTS])
WEIGHTED_SCHEMA: Final = pa.schema([(name, pa.string()) for name in WEIGHTED])


def iter_catalogue(data_dir: Path, further: Sequence[str] = ()) -> Iterator[pa.Table]:
    """Yield the catalogue in bounded blocks, with `CATALOGUE_SCHEMA`: "" for missing text, null for no price.

    The columns `further` follow, as strings.

    Raises:
        DataError: the first broken rule, by file, row, column and value.
    """
    for records in check_records(catalogue_records(data_dir, further), ProductRules()):
        yield cast_products(records.table, further)


def read_catalogue(data_dir: Path, further: Sequence[str] = ()) -> pa.Table:
    """Read the whole catalogue; see `iter_catalogue`."""
    empty = pa.schema([*CATALOGUE_SCHEMA, *((name, pa.string()) for name in further)]).empty_table()
    return pa.concat_tables([empty, *iter_catalogue(data_dir, further)]).combine_chunks()


def further_columns(data_dir: Path) -> list[str]:
    """Return the columns of the catalogue beyond the contract's that can be read, in order: attributes and `EXTRA`.

    All of its files have them.
    """
    headers = [csv_reading.header(path) for path in catalogue_files(Path(data_dir))]
    first = headers[0] if headers else []
    can_be = [name for name in first if name in EXTRA or (re.fullmatch(NAME, name) and name not in RESERVED)]
    return [name for name in can_be if all(name in header for header in headers)]


def iter_judgements(data_dir: Path, split: Split, products: set[str] | None = None) -> Iterator[pa.Table]:
    """Yield a split's judgements in bounded blocks, with `JUDGEMENTS_SCHEMA`; `products` are the ids, if known.

    In a folder with spans, judgements of products that have left the catalogue are left out.

    Raises:
        DataError: the first broken rule, by file, row, column and value, such as a product that the catalogue lacks.
    """
    known = product_ids(data_dir) if products is None else products
    for records in check_records(_of_products(data_dir, split, known), JudgementRules(known)):
        yield records.table.select(JUDGEMENTS)


def read_judgements(data_dir: Path, split: Split, products: set[str] | None = None) -> pa.Table:
    """Read all judgements of a split; see `iter_judgements`."""
    blocks = iter_judgements(data_dir, split, products)
    return pa.concat_tables([JUDGEMENTS_SCHEMA.empty_table(), *blocks]).combine_chunks()


def has_weights(data_dir: Path) -> bool:
    """Return whether a file of judgements has the column `weight`."""
    spans = (of_split.values() for of_split in judgement_files(Path(data_dir)).values())
    files = (file for of_split in spans for of_span in of_split for file in of_span)
    return any(WEIGHT in csv_reading.header(Path(file)) for file in files)


def product_ids(data_dir: Path) -> set[str]:
    """Read the ids of all products, without reading their texts or checking them."""
    files = catalogue_files(Path(data_dir)) or _absent(Path(data_dir) / "catalogue")
    blocks = (records for path in files for records in _read_file(path, (PRODUCT_ID,)))
    return {product for records in blocks for product in records.table[PRODUCT_ID].to_pylist()}


def catalogue_records(data_dir: Path, further: Sequence[str] = ()) -> Iterator[Records]:
    """Yield the catalogue's records unchecked, with all columns of the catalogue, `EXTRA` and `further` as strings.

    Of several spans, the newest is read.
    """
    folder = Path(data_dir) / "catalogue"
    for path in catalogue_files(Path(data_dir)) or _absent(folder):
        yield from _read_file(path, (*CATALOGUE, *dict.fromkeys((*EXTRA, *further))))


def judgement_records(data_dir: Path, split: Split) -> Iterator[Records]:
    """Yield a split's records unchecked, with the columns of weighted judgements and `split`.

    Spans are merged. A query whose split changes between them is in one only; see `query_splits.QuerySplits`.
    """
    folder, spans = _split_folder(data_dir, split), judgement_files(Path(data_dir))
    files = [file for of_span in spans[split].values() for file in of_span] or _absent(folder)
    splits = query_splits(spans)
    merges = len(spans[split]) > 1 or splits.change(split)
    blocks = (records for file in files for records in _read_file(Path(file), WEIGHTED))
    for records in _merged_spans(spans, split, splits) if merges else blocks:
        yield records.with_column(SPLIT, pa.array([split] * records.table.num_rows, pa.string()))


def query_splits(spans: SpanFiles) -> Splits:
    """Read the split and the id of each query of several spans.

    Raises:
        DataError: A file cannot be read, or lacks a column.
    """
    return find_splits(
        spans, lambda file: (records.table for records in _read_file(Path(file), (QUERY_ID, QUERY, SOURCE)))
    )


def merged_judgements(spans: SpanFiles, split: Split, splits: Splits) -> pa.Table:
    """Read the judgements of a split of some spans as one set, whatever products they are of.

    `splits` are those of the spans' queries; see `query_splits`.

    Raises:
        DataError: A row cannot be read.
    """
    tables = [JUDGEMENTS_SCHEMA.empty_table()]
    for records in _merged_spans(spans, split, splits):
        for fault in records.faults:
            raise DataError(str(fault))
        tables.append(records.table.select(JUDGEMENTS))
    return pa.concat_tables(tables).combine_chunks()


def write_catalogue(data_dir: Path, products: pa.Table | Iterable[pa.Table], extra: Sequence[str] = ()) -> None:
    """Write `catalogue/products.csv` atomically.

    Args:
        data_dir: the data folder; created if it does not exist.
        products: tables with columns of the catalogue; a missing column or null becomes an empty cell, line breaks and
            control characters become spaces.
        extra: further columns of strings to write.
    """
    path = Path(data_dir) / "catalogue" / "products.csv"
    schema = pa.schema([*CATALOGUE_SCHEMA, *((name, pa.string()) for name in extra)])
    csv_writing.write(path, schema, [products] if isinstance(products, pa.Table) else products)


def write_judgements(data_dir: Path, split: Split, judgements: pa.Table | Iterable[pa.Table]) -> None:
    """Write `judgements/<split>/judgements.csv` atomically; see `write_catalogue`."""
    with judgements_writer(data_dir, split) as append:
        for table in [judgements] if isinstance(judgements, pa.Table) else judgements:
            append(table)


def judgements_writer(
    data_dir: Path, split: Split, schema: pa.Schema = JUDGEMENTS_SCHEMA
) -> AbstractContextManager[Callable[[pa.Table], None]]:
    """Return a context manager of a function that appends tables to the split's file; see `csv_writing.writer`.

    `schema` is JUDGEMENTS_SCHEMA or WEIGHTED_SCHEMA.
    """
    return csv_writing.writer(_split_folder(data_dir, split) / "judgements.csv", schema)


def cast_products(table: pa.Table, extra: Sequence[str] = ()) -> pa.Table:
    """Cast a valid catalogue of strings to `CATALOGUE_SCHEMA`, followed by the columns `extra`."""
    empty = pc.equal(table[PRICE], "")
    price = pc.if_else(empty, pa.scalar(None, pa.string()), table[PRICE]).cast(pa.float64())
    return table.select([*CATALOGUE, *extra]).set_column(CATALOGUE.index(PRICE), PRICE, price)


@dataclass(frozen=True)
class Summary:
    """Counts of a data folder; dictionaries are by split, and by label in a split; `judged_by` is by judge."""

    products: int
    with_text: int
    with_image: int
    queries: dict[str, int]
    judgements: dict[str, int]
    labels: dict[str, dict[str, int]]
    judged_by: dict[str, int]


def check(data_dir: Path, judged: bool = True) -> Summary:
    """Check all files against every rule of the contract, and count their content.

    A folder that is not `judged` has no judgements.

    Raises:
        DataError: the first broken rule, by file, row, column and value, such as a query in both splits.
    """
    products, counts = ProductRules(), Counter[str]()
    for records in check_records(catalogue_records(data_dir), products):
        counts["image"] += pc.sum(pc.not_equal(records.table[IMAGE], "")).as_py() or 0
        text = pc.binary_join_element_wise(*(records.table[column] for column in PRODUCT_TEXT), "")
        counts["text"] += pc.sum(pc.not_equal(pc.utf8_trim_whitespace(text), "")).as_py() or 0
    rules, splits = JudgementRules(products.admitted), SplitRules()
    queries: dict[str, set[str]] = {}
    labels: dict[str, Counter[str]] = {}
    judges = Counter[str]()
    for split in get_args(Split):
        queries[split], labels[split] = set(), Counter()
        blocks = _of_products(data_dir, split, products.admitted) if judged else iter(())
        for records in check_records(check_records(blocks, rules), splits):
            judges.update(judged_by(records.table))
            queries[split].update(records.table[QUERY_ID].unique().to_pylist())
            for label in records.table[ESCI_LABEL].value_counts().to_pylist():
                labels[split][label["values"]] += label["counts"]
    return Summary(
        products=len(products.admitted),
        with_text=counts["text"],
        with_image=counts["image"],
        queries={split: len(ids) for split, ids in queries.items()},
        judgements={split: counter.total() for split, counter in labels.items()},
        labels={split: {label: counter[label] for label in reversed(LABELS)} for split, counter in labels.items()},
        judged_by=dict(judges),
    )


class Rules(Protocol):
    """Rules that separate valid records from faults."""

    def admit(self, records: Records) -> tuple[Records, list[Fault]]: ...


def check_records(blocks: Iterable[Records], rules: Rules) -> Iterator[Records]:
    """Yield the records up to the first broken rule.

    Raises:
        DataError: the rule, by file, row, column and value.
    """
    for records in blocks:
        good, faults = rules.admit(records)
        for fault in sorted([*records.faults, *faults], key=lambda fault: fault.row):
            raise DataError(str(fault))
        yield good


def _split_folder(data_dir: Path, split: Split) -> Path:
    if split not in get_args(Split):
        raise ValueError(f"split {split!r} is not one of {', '.join(get_args(Split))}")
    return Path(data_dir) / "judgements" / split


def _of_products(data_dir: Path, split: Split, products: set[str]) -> Iterator[Records]:
    """Yield a split's records; in a folder with spans, only those of products in the catalogue."""
    records = judgement_records(data_dir, split)
    if not has_spans(Path(data_dir)):
        yield from records
        return
    present = pa.array(sorted(products), pa.string())
    for block in records:
        mask = pc.is_in(block.table[PRODUCT_ID], value_set=present).combine_chunks()
        yield replace(block, table=block.table.filter(mask), rows=block.rows.filter(mask))


def _merged_spans(spans: SpanFiles, split: Split, splits: Splits) -> Iterator[Records]:
    merge = SpanMerge(split, splits)
    for turn in turns(files_of(spans, split, splits)):
        for records in _read_file(Path(turn.file), WEIGHTED):
            table, counting = merge.add(records.table, turn)
            reports = folder_of(turn.file) == split and not turn.of_clicks  # a file's first turn, in its own split
            faults = records.faults if reports else ()
            yield replace(records, table=table.filter(counting), rows=records.rows.filter(counting), faults=faults)


def _absent(folder: Path) -> NoReturn:
    problem = "has no *.csv file" if folder.is_dir() else "is not a folder"
    raise DataError(f"{folder} {problem}; `vitrine prepare` and `vitrine sample` write the files it should hold")


def _read_file(path: Path, columns: tuple[str, ...]) -> Iterator[Records]:
    absent = OPTIONAL - set(csv_reading.header(path))
    for records in csv_reading.read(path, [column for column in columns if column not in absent]):
        for column in absent & set(columns):
            records = records.with_column(column, pa.array([""] * records.table.num_rows, pa.string()))
        yield records
