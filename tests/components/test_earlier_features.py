from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import Artifact

from components.artifacts import FeatureStore, ProductEmbeddings, QueryEmbeddings
from components.earlier_features import EarlierFeatures
from tests.pipelines.metadata.stores import Metadata

DONE = proto.Execution.COMPLETE
SETTINGS = '{"project": "shop"}'


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


def embed(metadata: Metadata, name: str) -> int:
    """Record the embeddings of a run; return the artifact's id."""
    vectors = metadata.model(f"/embeddings/{name}")
    metadata.execute(name, "EmbeddingGen", DONE, product_embeddings=vectors)
    return vectors.id


def register(metadata: Metadata, name: str, embeddings: int, settings: str = SETTINGS) -> int:
    """Record a feature store that was made of `embeddings`; return the artifact's id."""
    (read,) = metadata.store.get_artifacts_by_id([embeddings])
    features = metadata.model(f"/features/{name}")
    inputs, properties = {"product_embeddings": read}, {"settings": settings}
    metadata.execute(name, "FeatureRegistrar", DONE, inputs=inputs, settings=properties, feature_store=features)
    return features.id


def artifact(kind: type[Artifact], number: int) -> Artifact:
    instance = kind()
    instance.id = number
    return instance


def resolve(metadata: Metadata, embeddings: int, *stores: int) -> list[int]:
    channels = {
        "product_embeddings": [artifact(ProductEmbeddings, embeddings)],
        "query_embeddings": list[QueryEmbeddings](),
        "earlier": [artifact(FeatureStore, number) for number in stores],
    }
    resolved = EarlierFeatures(SETTINGS).resolve_artifacts(metadata.store, channels)
    assert resolved["product_embeddings"] == channels["product_embeddings"]
    return [store.id for store in resolved["earlier"]]


def test_the_newest_feature_store_of_other_embeddings_is_taken(metadata: Metadata) -> None:
    embeddings = [embed(metadata, f"run {number}") for number in range(3)]
    stores = [register(metadata, f"run {number}", read) for number, read in enumerate(embeddings[:2])]
    assert resolve(metadata, embeddings[2], *stores) == [stores[1]]


def test_one_that_the_cache_would_give_is_left_out(metadata: Metadata) -> None:
    first, second = (embed(metadata, name) for name in ("first", "second"))
    stores = register(metadata, "first", first), register(metadata, "second", second)
    assert resolve(metadata, second, *stores) == [stores[0]]
    assert resolve(metadata, first, *stores) == [stores[1]]


def test_one_with_other_settings_is_an_earlier_one(metadata: Metadata) -> None:
    embeddings = embed(metadata, "first")
    store = register(metadata, "first", embeddings, '{"project": "other"}')
    assert resolve(metadata, embeddings, store) == [store]


def test_the_first_run_has_none(metadata: Metadata) -> None:
    assert resolve(metadata, embed(metadata, "first")) == []
