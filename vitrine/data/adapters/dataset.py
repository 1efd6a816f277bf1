"""The dataset that an adapter returns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vitrine.data.formats.records import Records


@dataclass(frozen=True)
class Dataset:
    """The output of an adapter, which `prepare` checks and writes.

    Attributes:
        products: records with all columns of the catalogue.
        judgements: records with all columns of the judgements and `split`, read after the products; None if the
            dataset has none.
        lacks: the missing file or folder of the judgements, for messages.
        images: the image root, if the dataset has images.
        left_out: number of records that the adapter left out, by reason; complete once the judgements are read.
        notes: sentences about the input that its owner should read; complete once the judgements are read.
        write_vectors: a function that writes the vectors published with the dataset to a new folder, to be called
            once the judgements are read. See `vitrine/data/vectors/files.py`.
        weighted: whether the judgements have the column `weight`, too.
        attributes: further columns of strings that the products have, which are kept.
    """

    products: Iterable[Records]
    judgements: Iterable[Records] | None
    images: Path | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    write_vectors: Callable[[Path], None] | None = None
    lacks: str = "no judgements"
    weighted: bool = False
    attributes: Sequence[str] = ()
