"""A folder in the contract's layout, which `prepare` checks and copies."""

from itertools import chain
from pathlib import Path
from typing import get_args

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.columns import EXTRA
from vitrine.data.contract.files import Split, catalogue_records, further_columns, has_weights, judgement_records


def read(input_dir: Path) -> Dataset:
    """Read the folder's catalogue with its attributes, its judgements if there are any, and its image root."""
    folder = input_dir / "judgements"
    splits = (judgement_records(input_dir, split) for split in get_args(Split))
    judgements = chain.from_iterable(splits) if folder.is_dir() or not (input_dir / "catalogue").is_dir() else None
    attributes = [name for name in further_columns(input_dir) if name not in EXTRA]
    return Dataset(
        catalogue_records(input_dir, attributes),
        judgements,
        input_dir / "images",
        lacks=f"{folder}: no such folder",
        weighted=has_weights(input_dir),
        attributes=attributes,
    )
