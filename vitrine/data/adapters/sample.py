"""A folder in the contract's layout, which `prepare` checks and copies."""

from itertools import chain
from pathlib import Path
from typing import get_args

from vitrine.data.adapters.dataset import Dataset
from vitrine.data.contract.files import Split, catalogue_records, judgement_records


def read(input_dir: Path) -> Dataset:
    """Read the folder's catalogue, judgements and image root."""
    judgements = (judgement_records(input_dir, split) for split in get_args(Split))
    return Dataset(catalogue_records(input_dir), chain.from_iterable(judgements), input_dir / "images")
