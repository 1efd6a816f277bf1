"""Reading of a split of an Examples artifact into an Arrow table."""

import pyarrow as pa
from tfx.types import Artifact, artifact_utils

from vitrine.data.formats.tf_examples import read_columns


def read_split(examples: Artifact, split: str, names: tuple[str, ...]) -> pa.Table:
    """Return the string features `names` of one split, one value per row."""
    return read_columns(f"{artifact_utils.get_split_uri([examples], split)}/*", names)
