import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor

from components.artifacts import FeatureStore, ProductEmbeddings, QueryEmbeddings, describe
from components.feature_registrar import FeatureRegistrar
from tests.embedding_folders import write_folder
from vitrine.features.online import open_features


@pytest.fixture
def embeddings(tmp_path: Path) -> tuple[Path, Path]:
    """Folders of three products and two queries, as EmbeddingGen writes them."""
    products, queries = tmp_path / "products", tmp_path / "queries"

    def column(rows: np.ndarray) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(rows.astype(np.float32).ravel()), rows.shape[1])

    table = pa.table(
        {
            "product_id": ["p0", "p1", "p2"],
            "title": ["mug", "bag", "lamp"],
            "text_vector": column(np.eye(3, 4)),
            "image_vector": column(np.zeros((3, 4))),
            "has_text": [True] * 3,
            "has_image": [False] * 3,
        }
    )
    write_folder(products, table)
    query_table = pa.table({"query_id": ["q0", "q1"], "query": ["mug", "bag"], "query_vector": column(np.eye(2, 4))})
    write_folder(queries, query_table)
    return products, queries


def run(
    embeddings: tuple[Path, Path], store: Path, kind: str = "sqlite", earlier: FeatureStore | None = None
) -> FeatureStore:
    """Run FeatureRegistrar as the orchestrator does, and return its output."""
    inputs = []
    for path, kind_of_artifact in zip(embeddings, (ProductEmbeddings, QueryEmbeddings), strict=True):
        artifact = kind_of_artifact()
        artifact.uri = str(path)
        describe(artifact, "f" * 64, 4, 3)
        inputs.append(artifact)
    output = FeatureStore()
    output.uri = str(store)
    executor = FeatureRegistrar.EXECUTOR_SPEC.executor_class(BaseExecutor.Context())
    channels = {"product_embeddings": [inputs[0]], "query_embeddings": [inputs[1]]}
    earlier_channel = {"earlier": [earlier] if earlier else []}
    executor.Do(
        channels | earlier_channel, {"feature_store": [output]}, {"settings": json.dumps({"online": {"type": kind}})}
    )
    return output


@pytest.mark.parametrize("kind", ["sqlite", "milvus"])
def test_a_run_leaves_a_store_that_answers_and_says_which_encoder_made_it(
    embeddings: tuple[Path, Path], tmp_path: Path, kind: str
) -> None:
    output = run(embeddings, tmp_path / "store", kind)
    assert output.get_string_custom_property("fingerprint") == "f" * 64
    assert [output.get_int_custom_property(name) for name in ("dimension", "count")] == [4, 3]
    summary = json.loads((tmp_path / "store" / "summary.json").read_text())
    assert summary["rows"] == {"query_text": 2, "product_text": 3, "product_image": 0, "product_attributes": 3}
    with open_features(tmp_path / "store") as features:
        assert features.products(["p2"])[0]["title"] == "lamp"
        (nearest,) = features.nearest(np.array([0, 1, 0, 0], np.float32), 1)
        assert nearest.id == "p1"
        assert nearest.score == pytest.approx(1.0)


def test_a_further_run_writes_nothing_that_the_earlier_one_has(embeddings: tuple[Path, Path], tmp_path: Path) -> None:
    earlier = run(embeddings, tmp_path / "first")
    run(embeddings, tmp_path / "second", earlier=earlier)
    summary = json.loads((tmp_path / "second" / "summary.json").read_text())
    assert set(summary["written"].values()) == {0}
    with open_features(tmp_path / "second") as features:
        assert features.products(["p2"])[0]["title"] == "lamp"
