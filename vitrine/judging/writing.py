"""The contract's files of the labels that a model gave."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import CATALOGUE, QUERY, SOURCE
from vitrine.data.contract.derived_columns import assign_splits, judgement_table
from vitrine.data.contract.files import Split, judgement_records, write_catalogue, write_judgements
from vitrine.data.contract.judges import LANGUAGE_MODEL
from vitrine.errors import DataError
from vitrine.judging.label_cache import LabelCache
from vitrine.judging.pooling import Pool
from vitrine.judging.requests import Texts


def require_own(data: Path) -> None:
    """Raise DataError if the data folder has judgements that no language model gave."""
    folder = data / "judgements"
    if not folder.exists():
        return
    for split in get_args(Split):
        for records in judgement_records(data, split):
            sources = records.table[SOURCE].unique().to_pylist()
            if others := [source for source in sources if not source.startswith(LANGUAGE_MODEL)]:
                raise DataError(
                    f"{folder} has judgements of people or rules (source {others[0]!r}), which are not replaced; "
                    "write to another folder with --output"
                )


def judgements(pools: Iterable[Pool], texts: Mapping[str, Texts], cache: LabelCache, model: str) -> pa.Table:
    """Return the labels that the cache has for the pools, in the contract's columns."""
    rows = [
        (pool.query, product, label)
        for pool in pools
        for product in pool.products
        if (label := cache.get(pool.query, texts[product])) is not None
    ]
    return judgement_table(rows, f"{LANGUAGE_MODEL}{model}")


def write(data: Path, table: pa.Table, catalogue: pa.Table | None) -> bool:
    """Write judgements, and the whole catalogue if there is one, into a data folder; splits are by hash of the query.

    Return False, and write nothing, if a split would be empty.
    """
    splits = assign_splits(table[QUERY])
    parts = {split: table.filter(pc.equal(splits, split)) for split in get_args(Split)}
    if not all(part.num_rows for part in parts.values()):
        return False
    if catalogue is not None:
        write_catalogue(data, catalogue, catalogue.column_names[len(CATALOGUE) :])
    for split, part in parts.items():
        write_judgements(data, split, part)
    return True
