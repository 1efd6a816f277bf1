from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    """A serving directory with the products p0 to p2999 as version 1, and nothing else."""
    directory = tmp_path / "serving" / "index" / "1"
    directory.mkdir(parents=True)
    ids = [f"p{number}" for number in range(3000)]
    parquet.write_table(pa.table({"product_id": ids}), directory / "vectors.parquet")
    return tmp_path / "serving"
