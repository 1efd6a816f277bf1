"""Columns that the contract derives from others, ids and splits of queries, and tables of strings."""

import hashlib
from collections.abc import Mapping, Sequence

import pyarrow as pa

from vitrine.data.columns import ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID, SOURCE
from vitrine.data.contract.splits import split_of


def string_table(
    columns: Mapping[str, pa.Array | pa.ChunkedArray | list[str]], names: Sequence[str], rows: int
) -> pa.Table:
    """Build a table of the string columns `names`, each [rows]; those that `columns` lacks are empty."""
    empty = pa.array([""] * rows, pa.string())
    return pa.table({name: columns.get(name, empty) for name in names}).cast(
        pa.schema([(name, pa.string()) for name in names])
    )


def judgement_table(rows: Sequence[tuple[str, str, str]], source: str) -> pa.Table:
    """Return judgements, each a query, a product's id and a label, in the contract's columns."""
    queries, products, labels = ([row[place] for row in rows] for place in range(3))
    columns = {
        QUERY_ID: query_ids(pa.chunked_array([queries], pa.string())),
        QUERY: queries,
        PRODUCT_ID: products,
        ESCI_LABEL: labels,
        SOURCE: [source] * len(rows),
    }
    return string_table(columns, JUDGEMENTS, len(rows))


def assign_splits(queries: pa.ChunkedArray) -> pa.Array:
    """Assign each query [N] to a split by the stable hash of its text; a fifth are held out."""
    encoded = queries.combine_chunks().dictionary_encode()
    splits = [split_of(query) for query in encoded.dictionary.to_pylist()]
    return pa.array(splits, pa.string()).take(encoded.indices)


def stable_id(prefix: str, *parts: str) -> str:
    """Return an id that depends on the parts only: the prefix and 16 hexadecimal digits of their SHA-256."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:16]}"


def query_ids(queries: pa.ChunkedArray) -> pa.Array:
    """Return a stable id for each query [N], equal for equal texts."""
    encoded = queries.combine_chunks().dictionary_encode()
    ids = [stable_id("q", query) for query in encoded.dictionary.to_pylist()]
    return pa.array(ids, pa.string()).take(encoded.indices)
