"""Integrity rules that a schema cannot express: between rows, splits and files."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, QUERY
from vitrine.data.contract.splits import normalise

EXAMPLES = 3
"""Number of examples that a message gives."""


def find_violations(judgements: Mapping[str, pa.Table], catalogue: pa.Table) -> list[str]:
    """Return a sentence for each violated rule: ids are unique, judged products exist, no query is in two splits.

    Args:
        judgements: string columns `query` and `product_id` of each split.
        catalogue: string column `product_id`.
    """
    products = catalogue[PRODUCT_ID]
    violations = find_repeated(catalogue)
    splits: dict[str, set[str]] = {}
    for split, table in judgements.items():
        judged = pc.unique(table[PRODUCT_ID])
        unknown = judged.filter(pc.invert(pc.is_in(judged, value_set=products)))
        violations += _violation(f"judgements/{split}: column product_id", "not in the catalogue", unknown)
        queries = {normalise(query) for query in pc.unique(table[QUERY]).to_pylist()}
        for other, known in splits.items():
            shared = pa.array(sorted(queries & known), pa.string())
            violations += _violation(f"judgements/{split}: column query", f"in judgements/{other} as well", shared)
        splits[split] = queries
    return violations


def find_repeated(catalogue: pa.Table) -> list[str]:
    """Return a sentence if ids of `catalogue`, string column `product_id`, are not unique."""
    counts = pc.value_counts(catalogue[PRODUCT_ID])
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    return _violation("catalogue: column product_id", "in more than one row", repeated)


def share_gone(products: pa.ChunkedArray, catalogue: pa.ChunkedArray) -> float:
    """Return the share of `products`, ids that may be repeated, that are not in `catalogue`; 0 if there are none."""
    left = pc.sum(pc.is_in(products, value_set=catalogue)).as_py()
    return 1 - left / len(products) if len(products) else 0.0


def _violation(source: str, problem: str, values: pa.Array) -> list[str]:
    if not len(values):
        return []
    examples = ", ".join(repr(value) for value in values[:EXAMPLES].to_pylist())
    more = f" and {len(values) - EXAMPLES:,} others" if len(values) > EXAMPLES else ""
    return [f"{source}: {examples}{more} {'is' if len(values) == 1 else 'are'} {problem}."]
