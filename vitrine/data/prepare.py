"""Preparation of a dataset: an adapter's records are checked and written atomically in the contract's layout."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.adapters import open_dataset
from vitrine.data.adapters.catalogue_judgements import DerivedJudgements
from vitrine.data.columns import EXTRA, SPLITS
from vitrine.data.contract.files import (
    JUDGEMENTS_SCHEMA,
    WEIGHTED_SCHEMA,
    Rules,
    Summary,
    cast_products,
    check,
    judgements_writer,
    write_catalogue,
)
from vitrine.data.contract.missing_judgements import no_judgements
from vitrine.data.contract.rules import JUDGED, SPLIT, JudgementRules, ProductRules, SplitRules
from vitrine.data.download.images.checkpoint import CHECKPOINT
from vitrine.data.download.images.report import REPORT
from vitrine.data.formats import csv_writing
from vitrine.data.formats.records import Fault, Records
from vitrine.data.images.copying import PROBLEMS_SCHEMA, ImageCopies
from vitrine.data.prepared_spans import prepared_span
from vitrine.data.vectors.files import FOLDER as VECTORS
from vitrine.errors import ConfigError, DataError
from vitrine.files.replacing import replace_directory

OnError = Literal["stop", "skip"]
JudgementsFrom = Literal["dataset", "derived", "none"]

MARK: Final = "dataset.json"
"""The record of a preparation, which also marks its folder as one that the next `prepare` may replace."""

UNSEEN: Final = "unseen_images.csv"
"""The images that are missing or cannot be read, with their products and reasons."""

OWNED: Final = {
    "catalogue",
    "judgements",
    "images",
    "prepared",
    VECTORS,
    "rejected.csv",
    UNSEEN,
    REPORT,
    CHECKPOINT,
    MARK,
}

KEPT: Final = "; the row is kept without it"

REJECTED_SCHEMA: Final = pa.schema(
    [
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Prepared:
    """The result of `prepare`.

    Attributes:
        summary: counts of the data folder.
        rejected: number of rows left out because they break a rule.
        without_value: number of rows of which an invalid optional value was left out.
        images: number of images by outcome.
        unseen_images: number of images that are missing or cannot be read, by reason.
        left_out: number of records that the adapter left out, by reason.
        notes: sentences about the input for its owner.
    """

    dataset: str
    summary: Summary
    rejected: int
    without_value: int
    images: dict[str, int]
    unseen_images: dict[str, int]
    left_out: dict[str, int]
    notes: list[str]


def prepare(
    name: str,
    input_dir: Path,
    output: Path,
    on_error: OnError = "stop",
    force: bool = False,
    judgements: JudgementsFrom = "dataset",
    span: int | None = None,
    **settings: object,
) -> Prepared:
    """Write a dataset in the contract's layout.

    Args:
        name: one of `ADAPTERS`.
        input_dir: the dataset's folder, which is only read.
        output: the data folder. It is written under a temporary name and renamed when complete and checked.
        on_error: "stop" at the first broken rule, or "skip" the rows that break one and list them in `rejected.csv`.
        force: replace an output in the contract's layout that `prepare` did not write. A folder with other files is
            never replaced.
        judgements: the dataset's own, those that rules derive from its catalogue, or none, for `vitrine judge`.
        span: the number of a span to add to the data folder, instead of replacing it; see `next_span`.
        settings: keyword arguments of the adapter.

    Raises:
        ConfigError: the dataset has vectors of its own queries, and others are asked for.
        DataError: the input breaks a rule or has no judgements, or the output may not be replaced. The output is
            unchanged.
    """
    _may_replace(input_dir, output, force, span)
    dataset = open_dataset(name, input_dir, **settings)
    if span is not None and dataset.write_vectors:
        raise ConfigError(f"--span: {name} has vectors of its own, which belong to a whole data folder")
    if judgements != "dataset" and dataset.write_vectors:
        raise ConfigError(f"--judgements {judgements}: {name} has vectors for its own queries only")
    if judgements == "dataset" and dataset.judgements is None:
        raise no_judgements(dataset.lacks, input_dir)
    with _beside(output) if span is None else prepared_span(output, span) as partial, ExitStack() as stack:
        rejected: list[Fault] = []
        report = stack.enter_context(csv_writing.writer(partial / UNSEEN, PROBLEMS_SCHEMA))
        copies = ImageCopies(dataset.images, partial / "images", report)
        rules, derived = ProductRules(), DerivedJudgements()
        notes: list[str] = []
        admitted = _admitted(dataset.products, [rules], on_error, rejected)
        if judgements == "derived":
            admitted = derived.watch(admitted)
        extra, products = _with_extra(admitted, notes)
        extra += dataset.attributes
        write_catalogue(partial, (cast_products(table, extra) for table in copies.copy_for(products)), extra)
        stack.close()
        if not copies.reasons:
            (partial / UNSEEN).unlink()
        if judgements != "none":
            records = [derived.records(input_dir)] if judgements == "derived" else dataset.judgements or []
            tables = _admitted(records, [JudgementRules(rules.admitted), SplitRules()], on_error, rejected)
            weighted = dataset.weighted and judgements == "dataset"
            _write_splits(partial, tables, WEIGHTED_SCHEMA if weighted else JUDGEMENTS_SCHEMA)
        if dataset.write_vectors:
            dataset.write_vectors(partial / VECTORS)
        if rejected:
            csv_writing.write(partial / "rejected.csv", REJECTED_SCHEMA, [_rejected(rejected)])
        summary = check(partial, judged=judgements != "none")
        refused = {(fault.path, fault.row) for fault in rejected if not fault.value_only}
        kept = {(fault.path, fault.row) for fault in rejected} - refused
        notes = [*dataset.notes, *notes, *_disagreements(rejected), *_one_label(summary)]
        prepared = Prepared(
            name,
            summary,
            len(refused),
            len(kept),
            copies.counts,
            dict(copies.reasons.most_common()),
            dict(dataset.left_out),
            notes,
        )
        (partial / MARK).write_text(json.dumps(asdict(prepared), indent=2) + "\n", encoding="utf-8")
    return prepared


def _with_extra(products: Iterator[pa.Table], notes: list[str]) -> tuple[list[str], Iterator[pa.Table]]:
    """Return those of the columns `EXTRA` that have values in the first block, and all blocks.

    Values of the others in later blocks are lost, and a note says so once the blocks are read.
    """
    first = next(products, None)
    if first is None:
        return [], iter(())
    extra = [name for name in EXTRA if _has_values(first, name)]
    return extra, chain([first], _watched(products, set(EXTRA) - set(extra), notes))


def _watched(products: Iterator[pa.Table], absent: set[str], notes: list[str]) -> Iterator[pa.Table]:
    lost: set[str] = set()
    for table in products:
        lost |= {name for name in absent if _has_values(table, name)}
        yield table
    notes += [f"warning: {name} is not kept, since none of the first rows has one" for name in sorted(lost)]


def _has_values(table: pa.Table, name: str) -> bool:
    return name in table.column_names and bool(pc.any(pc.not_equal(table[name], "")).as_py())


def _admitted(
    blocks: Iterable[Records], rules: list[Rules], on_error: OnError, rejected: list[Fault]
) -> Iterator[pa.Table]:
    for records in blocks:
        faults = list(records.faults)
        good = records
        for rule in rules:
            good, broken = rule.admit(good)
            faults += broken
        faults.sort(key=lambda fault: fault.row)
        if faults and on_error == "stop":
            skipped = "such values" if faults[0].value_only else "such rows"
            raise DataError(f"{faults[0]} (--on-error skip leaves {skipped} out)")
        rejected += faults
        yield good.table


def _disagreements(rejected: list[Fault]) -> list[str]:
    """Return a warning of the judgements that were left out because an earlier one of the pair was kept."""
    again = [fault for fault in rejected if fault.reason.startswith(JUDGED)]
    if not again:
        return []
    hint = again[0].reason.removeprefix(JUDGED)
    return [f"warning: {len(again):,} judgements of a pair that was judged before were left out{hint}"]


def _one_label(summary: Summary) -> list[str]:
    """Return a warning if all judgements have one label."""
    found = {label for labels in summary.labels.values() for label, count in labels.items() if count}
    if len(found) != 1:
        return []
    return [f"warning: every judgement is {found.pop()}, so that nothing can be learnt or measured about their order"]


def _write_splits(data_dir: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    written = dict.fromkeys(SPLITS, 0)
    with ExitStack() as stack:
        append = {split: stack.enter_context(judgements_writer(data_dir, split, schema)) for split in SPLITS}
        for table in tables:
            for split in SPLITS:
                chosen = table.filter(pc.equal(table[SPLIT], split))
                append[split](chosen)
                written[split] += chosen.num_rows
    for split, rows in written.items():
        if not rows:
            raise DataError(
                f"none of the {sum(written.values())} usable judgements is in the {split} split, which needs some; "
                "give more queries, or a split of your own"
            )


def _rejected(faults: list[Fault]) -> pa.Table:
    return pa.table(
        {
            "file": [str(fault.path) for fault in faults],
            "row": [fault.row for fault in faults],
            "column": [fault.column for fault in faults],
            "value": [fault.value for fault in faults],
            "reason": [fault.reason + (KEPT if fault.value_only else "") for fault in faults],
        }
    )


def _may_replace(input_dir: Path, output: Path, force: bool, span: int | None) -> None:
    if not input_dir.is_dir():
        raise DataError(f"{input_dir} is not a folder")
    if output.resolve() == input_dir.resolve() or output.resolve() in input_dir.resolve().parents:
        raise DataError(f"{output} holds the input {input_dir}, which would be replaced; choose another output")
    if not output.exists():
        return
    if not output.is_dir():
        raise DataError(f"{output} is a file; choose another output")
    if span is not None:
        return
    found = {path.name for path in output.iterdir()}
    if foreign := sorted(found - OWNED):
        raise DataError(f"{output} holds {foreign[0]!r}, which is not Vitrine's to replace; choose another output")
    if found and MARK not in found and not force:
        raise DataError(f"{output} is not empty, and `vitrine prepare` did not write it; --force replaces it")


@contextmanager
def _beside(output: Path) -> Iterator[Path]:
    """Yield a new folder beside `output` that replaces it if the block succeeds, and is deleted otherwise."""
    try:
        with replace_directory(output) as partial:
            yield partial
    except OSError as error:
        raise DataError(f"{error.filename or output}: {error.strerror or error}; {output} was not written") from error
