"""What a schema cannot say of the data: what must hold between its rows, its splits and its files."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, QUERY
from vitrine.data.contract.splits import normalise

NAMED = 3
"""Examples that a sentence gives."""


def find_breaches(judgements: Mapping[str, pa.Table], catalogue: pa.Table) -> list[str]:
    """Return a sentence for each rule that is broken: ids are unique, judged products exist, no query is in two splits.

    Args:
        judgements: string columns `query` and `product_id` of each split.
        catalogue: string column `product_id`.
    """
    products = catalogue[PRODUCT_ID]
    counts = pc.value_counts(products)
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    breaches = _breach("catalogue: column product_id", "in more than one row", repeated)
    splits: dict[str, set[str]] = {}
    for split, table in judgements.items():
        judged = pc.unique(table[PRODUCT_ID])
        unknown = judged.filter(pc.invert(pc.is_in(judged, value_set=products)))
        breaches += _breach(f"judgements/{split}: column product_id", "not in the catalogue", unknown)
        queries = {normalise(query) for query in pc.unique(table[QUERY]).to_pylist()}
        for other, known in splits.items():
            shared = pa.array(sorted(queries & known), pa.string())
            breaches += _breach(f"judgements/{split}: column query", f"in judgements/{other} as well", shared)
        splits[split] = queries
    return breaches


def _breach(where: str, problem: str, values: pa.Array) -> list[str]:
    if not len(values):
        return []
    named = ", ".join(repr(value) for value in values[:NAMED].to_pylist())
    more = f" and {len(values) - NAMED:,} others" if len(values) > NAMED else ""
    return [f"{where}: {named}{more} {'is' if len(values) == 1 else 'are'} {problem}."]
