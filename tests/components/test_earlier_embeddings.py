from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import Artifact, standard_artifacts

from components.artifacts import QueryEmbeddings
from components.earlier_embeddings import NEWEST, EarlierEmbeddings
from tests.pipelines.metadata.stores import Metadata

DONE = proto.Execution.COMPLETE
SAME = {"code": "c0de", "settings": "{}"}


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


def ingest(metadata: Metadata, name: str) -> int:
    """Record the data of a run; return the artifact's id."""
    data = metadata.model(f"/examples/{name}")
    metadata.execute(name, "ExampleGen", DONE, examples=data)
    return data.id


def embed(metadata: Metadata, name: str, data: int, settings: dict[str, str] | None = None) -> int:
    """Record embeddings of queries that were made of `data`; return the artifact's id."""
    (read,) = metadata.store.get_artifacts_by_id([data])
    vectors = metadata.model(f"/embeddings/{name}")
    inputs = {"judgements": read}
    metadata.execute(name, "EmbeddingGen", DONE, inputs=inputs, settings=settings or SAME, query_embeddings=vectors)
    return vectors.id


def artifact(kind: type[Artifact], number: int) -> Artifact:
    instance = kind()
    instance.id = number
    return instance


def resolve(metadata: Metadata, data: int, *queries: int) -> list[int]:
    channels = {
        "judgements": [artifact(standard_artifacts.Examples, data)],
        "earlier_queries": [artifact(QueryEmbeddings, number) for number in queries],
        "earlier_products": list[Artifact](),
    }
    resolved = EarlierEmbeddings(SAME).resolve_artifacts(metadata.store, channels)
    assert resolved["judgements"] == channels["judgements"]
    assert resolved["earlier_products"] == []
    return [resolved_.id for resolved_ in resolved["earlier_queries"]]


def test_the_newest_embeddings_of_other_data_come_first(metadata: Metadata) -> None:
    data = [ingest(metadata, f"run {number}") for number in range(NEWEST + 2)]
    made = [embed(metadata, f"run {number}", read) for number, read in enumerate(data[:-1])]
    assert resolve(metadata, data[-1], *made) == made[:0:-1]
    assert len(made[:0:-1]) == NEWEST


def test_embeddings_that_the_cache_would_give_are_left_out(metadata: Metadata) -> None:
    first, second = (ingest(metadata, name) for name in ("first", "second"))
    earlier, present = embed(metadata, "first", first), embed(metadata, "second", second)
    assert resolve(metadata, second, earlier, present) == [earlier]
    assert resolve(metadata, first, earlier, present) == [present]


def test_embeddings_of_the_same_data_with_other_properties_are_earlier_ones(metadata: Metadata) -> None:
    data = ingest(metadata, "first")
    made = embed(metadata, "first", data, SAME | {"settings": '{"precision": "bfloat16"}'})
    without = embed(metadata, "second", data, {"code": "c0de"})
    assert resolve(metadata, data, made, without) == [without, made]


def test_the_first_run_has_none(metadata: Metadata) -> None:
    assert resolve(metadata, ingest(metadata, "first")) == []
