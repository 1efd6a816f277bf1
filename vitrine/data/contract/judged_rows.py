"""The judgements of a data folder row by row, with the text by which queries are one."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

from vitrine.data.columns import ESCI_LABEL, PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.files import Split, judgement_records
from vitrine.data.contract.spans import judgement_files
from vitrine.data.contract.splits import normalise


class JudgedRow(NamedTuple):
    """A judgement: its split, the query's normalised text, and the columns of its file, unchecked."""

    split: Split
    query: str
    query_id: str
    text: str
    product_id: str
    label: str
    source: str


def judged_rows(data: Path) -> Iterator[JudgedRow]:
    """Yield the judgements of both splits of a data folder, which may have none; spans are merged."""
    spans = judgement_files(data)
    for split in get_args(Split):
        if not spans[split]:
            continue
        for records in judgement_records(data, split):
            columns = (records.table[name].to_pylist() for name in (QUERY_ID, QUERY, PRODUCT_ID, ESCI_LABEL, SOURCE))
            for query_id, text, *others in zip(*columns, strict=True):
                yield JudgedRow(split, normalise(text), query_id, text, *others)
