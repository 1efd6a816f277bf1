"""Labels as a span of judgements: those of pairs that neither people nor a language model have judged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import JUDGEMENTS, QUERY, QUERY_ID
from vitrine.data.contract.files import JUDGEMENTS_SCHEMA, Split
from vitrine.data.contract.judged_rows import judged_rows
from vitrine.data.contract.judges import CLICKS, DERIVED, judge_of
from vitrine.data.contract.spans import new_span
from vitrine.data.contract.splits import normalise, split_of
from vitrine.data.formats import csv_writing
from vitrine.judging.pooling import Pool

OUTRANKED: Final = (CLICKS, DERIVED)
"""The judges whose labels a language model's replace."""


@dataclass
class Earlier:
    """The judgements that a data folder has, by normalised query.

    Attributes:
        ids: The id of each query.
        splits: The split of each query.
        pairs: The queries and products that people or a language model have judged.
    """

    ids: dict[str, str] = field(default_factory=dict)
    splits: dict[str, Split] = field(default_factory=dict)
    pairs: set[tuple[str, str]] = field(default_factory=set)


def read_earlier(data: Path) -> Earlier:
    """Read the judgements of a data folder, which may have none; spans are merged."""
    earlier = Earlier()
    for row in judged_rows(data):
        earlier.ids.setdefault(row.query, row.query_id)
        earlier.splits.setdefault(row.query, row.split)
        if judge_of(row.source) not in OUTRANKED:
            earlier.pairs.add((row.query, row.product_id))
    return earlier


def without_judged(pools: Sequence[Pool], earlier: Earlier) -> list[Pool]:
    """Return the pools without the products that are judged; a pool of which nothing is left is left out."""
    left = []
    for pool in pools:
        query = normalise(pool.query)
        products = tuple(product for product in pool.products if (query, product) not in earlier.pairs)
        if products:
            left.append(Pool(pool.query, products))
    return left


def write_span(data: Path, table: pa.Table, earlier: Earlier) -> None:
    """Write judgements as the next span, whole or not at all; a known query keeps its id and its split."""
    queries = [normalise(query) for query in table[QUERY].to_pylist()]
    ids = [earlier.ids.get(query, made) for query, made in zip(queries, table[QUERY_ID].to_pylist(), strict=True)]
    table = table.set_column(JUDGEMENTS.index(QUERY_ID), QUERY_ID, pa.array(ids, pa.string()))
    splits = [earlier.splits.get(query) or split_of(query) for query in queries]
    with new_span(data, "judgements") as folder:
        for split in get_args(Split):
            part = table.filter(pc.equal(pa.array(splits, pa.string()), split))
            if part.num_rows:
                csv_writing.write(folder / split / "judgements.csv", JUDGEMENTS_SCHEMA, [part])
