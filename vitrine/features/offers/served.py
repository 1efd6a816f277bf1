"""The products that a serving directory has, and the directory of their offers."""

from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from vitrine.data.columns import PRODUCT_ID
from vitrine.errors import ServeError
from vitrine.features.offers.log import FOLDER
from vitrine.saved_model.versions import numbered_directories
from vitrine.search.index_files import products_file

INDEX = "index"


def offers_directory(serving: Path) -> Path:
    """Return the directory of the offers, which need not exist."""
    return serving / FOLDER


def served_ids(serving: Path) -> pa.Array:
    """Return the ids of the products of the newest version, string [N].

    Raises:
        ServeError: There is no version.
    """
    versions = numbered_directories(serving / INDEX)
    if not versions:
        raise ServeError(f"{serving}: no version in {INDEX}/; expected the serving directory of a run")
    table = parquet.read_table(products_file(versions[max(versions)]), columns=[PRODUCT_ID])
    return table[PRODUCT_ID].cast(pa.string()).combine_chunks()
