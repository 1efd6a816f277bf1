"""The judgements of products that are in a catalogue, for gates that leave the others out."""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from tfx.types import Artifact, artifact_utils

from components.anomaly_gate import PRODUCTS, QUERIES
from components.examples import read_split, write_splits
from components.integrity import share_gone
from vitrine.data.columns import PRODUCT_ID, QUERY, SPLITS, WEIGHTED


class Remaining(NamedTuple):
    """The judgements of each split that remain, the share that does not, and an anomaly for each empty split."""

    splits: Mapping[str, pa.Table]
    unjudged: float
    anomalies: list[str]


def read_products(catalogue: Artifact) -> pa.Table:
    """Return the ids of all products of a catalogue."""
    splits = artifact_utils.decode_split_names(catalogue.split_names)
    return pa.concat_tables(read_split(catalogue, split, (PRODUCT_ID,)) for split in splits)


def read_remaining(judgements: Artifact, products: pa.ChunkedArray) -> Remaining:
    """Read the judgements of products with these ids."""
    judged = {split: read_split(judgements, split, WEIGHTED) for split in SPLITS}
    splits = {split: table.filter(pc.is_in(table[PRODUCT_ID], value_set=products)) for split, table in judged.items()}
    anomalies = [
        f"judgements/{split}: none of a product in the catalogue is left."
        for split, table in splits.items()
        if not len(table)
    ]
    return Remaining(splits, share_gone(pa.concat_tables(judged.values())[PRODUCT_ID], products), anomalies)


def write_remaining(examples: Artifact, approval: Artifact, remaining: Remaining, products: int) -> None:
    """Write the judgements that remain, and the numbers of queries and products into the approval."""
    write_splits(examples, dict(remaining.splits))
    queries = sum(pc.count_distinct(table[QUERY]).as_py() for table in remaining.splits.values())
    approval.set_int_custom_property(QUERIES, queries)
    approval.set_int_custom_property(PRODUCTS, products)
