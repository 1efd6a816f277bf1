"""The dataset that an adapter returns, and the ids, splits and tables that several adapters need."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from vitrine.data.contract.splits import is_eval
from vitrine.data.formats.records import Records


@dataclass(frozen=True)
class Dataset:
    """The output of an adapter, which `prepare` checks and writes.

    Attributes:
        products: records with all columns of the catalogue.
        judgements: records with all columns of the judgements and `split`. They are read after the products.
        images: the image root, if the dataset has images.
        left_out: number of records that the adapter left out, by reason; complete once the judgements are read.
        notes: sentences about the input that its owner should read; complete once the judgements are read.
        write_vectors: a function that writes the vectors published with the dataset to a new folder, to be called
            once the judgements are read. See `vitrine/data/vectors/files.py`.
    """

    products: Iterable[Records]
    judgements: Iterable[Records]
    images: Path | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    write_vectors: Callable[[Path], None] | None = None


def string_table(
    columns: Mapping[str, pa.Array | pa.ChunkedArray | list[str]], names: Sequence[str], rows: int
) -> pa.Table:
    """Build a table of the string columns `names`, each [rows]; those that `columns` lacks are empty."""
    empty = pa.array([""] * rows, pa.string())
    return pa.table({name: columns.get(name, empty) for name in names}).cast(
        pa.schema([(name, pa.string()) for name in names])
    )


def assign_splits(queries: pa.ChunkedArray) -> pa.Array:
    """Assign each query [N] to a split by the stable hash of its text; a fifth are held out."""
    encoded = queries.combine_chunks().dictionary_encode()
    splits = ["eval" if is_eval(query) else "train" for query in encoded.dictionary.to_pylist()]
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
