from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import Artifact, standard_artifacts

from components.served_statistics import ServedStatistics
from tests.components.blessed_run.test_resolver import Shop
from tests.pipelines.metadata.stores import Metadata


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


class MeasuredShop(Shop):
    """A shop whose examples have statistics."""

    def measured(self, examples: proto.Artifact) -> int:
        """Return the id of the statistics of examples."""
        return int(self.made("StatisticsGen", "statistics", {"examples": examples}).id)

    def run(self, blessed: bool = True) -> tuple[dict[str, proto.Artifact], dict[str, list[int]]]:
        """Make a run with new data; return its examples, and the ids of their statistics."""
        self.train()
        examples = {"catalogue": self.catalogue(), "judgements": self.models["judgements"]}
        statistics = {name: [self.measured(artifact)] for name, artifact in examples.items()}
        self.release(examples["catalogue"], examples["judgements"], blessed)
        return examples, statistics


@pytest.fixture
def shop(metadata: Metadata) -> MeasuredShop:
    return MeasuredShop(metadata)


def resolve(metadata: Metadata, present: dict[str, proto.Artifact]) -> dict[str, list[int]]:
    """Resolve with channels that hold every artifact."""
    artifacts: list[Artifact] = []
    for message in metadata.store.get_artifacts():
        artifact = standard_artifacts.ExampleStatistics()
        artifact.id = message.id
        artifacts.append(artifact)
    channels = dict.fromkeys(present, artifacts)
    channels |= {
        f"present_{name}": [artifact for artifact in artifacts if artifact.id == examples.id]
        for name, examples in present.items()
    }
    resolved = ServedStatistics().resolve_artifacts(metadata.store, channels)
    return {name: [artifact.id for artifact in resolved[name]] for name in present}


def test_the_statistics_of_the_served_models_data_are_found(metadata: Metadata, shop: MeasuredShop) -> None:
    _, served = shop.run()
    shop.run(blessed=False)
    assert resolve(metadata, {"catalogue": shop.catalogue(), "judgements": shop.catalogue()}) == served


def test_unchanged_data_is_compared_with_the_same_as_before(metadata: Metadata, shop: MeasuredShop) -> None:
    _, first = shop.run()
    second, _ = shop.run()
    assert resolve(metadata, second) == first


def test_a_first_run_finds_none(metadata: Metadata, shop: MeasuredShop) -> None:
    examples, _ = shop.run()
    assert resolve(metadata, examples) == {"catalogue": [], "judgements": []}


def test_a_catalogue_run_asks_for_the_catalogue_only(metadata: Metadata, shop: MeasuredShop) -> None:
    _, served = shop.run()
    assert resolve(metadata, {"catalogue": shop.catalogue()}) == {"catalogue": served["catalogue"]}
