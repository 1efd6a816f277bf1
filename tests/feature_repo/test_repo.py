import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from feature_repo.definitions import definitions
from vitrine.features.offline import Embeddings
from vitrine.features.online import open_features
from vitrine.features.registration import register
from vitrine.features.settings import FeatureSettings

REPOSITORY = Path(__file__).parents[2] / "feature_repo"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A feature store of two products and a query."""
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.eye(2, 4, dtype=np.float32).ravel()), 4)
    yes = pa.array([True, True])
    products = pa.table(
        {
            "product_id": ["p0", "p1"],
            "title": ["mug", "bag"],
            "text_vector": vectors,
            "image_vector": vectors,
            "has_text": yes,
            "has_image": yes,
        }
    )
    queries = pa.table({"query_id": ["q0"], "query": ["mug"], "query_vector": vectors.slice(0, 1)})
    register(Embeddings(products, queries, "0" * 64), tmp_path, FeatureSettings(), definitions)
    return tmp_path


def test_the_feast_command_applies_the_repository_to_a_store_that_a_run_made(store: Path) -> None:
    feast = Path(sys.executable).with_name("feast")
    environment = {**os.environ, "VITRINE_FEATURES": str(store)}
    done = subprocess.run(
        [str(feast), "-c", str(REPOSITORY), "apply"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with open_features(store) as features:
        assert [row["title"] for row in features.products(["p1", "p0"])] == ["bag", "mug"]
        assert features.nearest(np.array([0, 1, 0, 0], np.float32), 1)[0].id == "p1"
