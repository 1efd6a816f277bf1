import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import Artifact, standard_artifacts

from components.blessed_run.artifacts import BLESSED_RUN, CATEGORY_HEAD, ENCODER_SETTINGS, SERVED_CATALOGUE
from components.blessed_run.resolver import LatestBlessedRun, blessed_runs
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import ConfigError

DONE = proto.Execution.COMPLETE
SETTINGS = json.dumps({"kind": "sentence", "precision": "float32"})


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


class Shop:
    """Runs of a shop in a metadata store, with the ids of their artifacts."""

    def __init__(self, metadata: Metadata) -> None:
        self.metadata = metadata
        self.blessing_type = metadata.store.put_artifact_type(proto.ArtifactType(name="ModelBlessing"))
        self.models: dict[str, proto.Artifact] = {}
        self.runs = 0

    def made(self, node: str, key: str, inputs: dict[str, proto.Artifact], **settings: str) -> proto.Artifact:
        artifact = self.metadata.model(f"/{node}/{key}")
        self.metadata.execute(f"run-{self.runs}", node, DONE, inputs=inputs, settings=settings, **{key: artifact})
        return artifact

    def catalogue(self) -> proto.Artifact:
        return self.made("CatalogueExampleGen", "examples", {})

    def train(self) -> None:
        """Make the models of a whole run."""
        self.models = {
            "judgements": self.made("JudgementExampleGen", "examples", {}),
            "encoder": self.made("ClipTrainer", "model", {}),
            "classifier": self.made("Trainer", "model", {}),
            "classifier_run": self.made("Trainer", "model_run", {}),
            "classifier_evaluation": self.made("Evaluator", "evaluation", {}),
            "classifier_blessing": self.bless("Evaluator", {}, version="", blessed=True),
            CATEGORY_HEAD: self.made("CategoryTrainer", "model", {}),
        }

    def bless(self, node: str, inputs: dict[str, proto.Artifact], version: str, blessed: bool) -> proto.Artifact:
        blessing = proto.Artifact(type_id=self.blessing_type, uri="/blessing")
        blessing.custom_properties["blessed"].int_value = int(blessed)
        if version:
            blessing.custom_properties["version"].string_value = version
        self.metadata.execute(f"run-{self.runs}", node, DONE, inputs=inputs, blessing=blessing)
        return blessing

    def release(self, catalogue: proto.Artifact, judgements: proto.Artifact, blessed: bool = True) -> None:
        """Encode a catalogue, and build and evaluate its search model with the models at hand."""
        self.runs += 1
        examples = self.made("EmbeddingGen", "examples", {"judgements": judgements, "catalogue": catalogue})
        built_from = {
            name: self.models[name] for name in ("encoder", "classifier", CATEGORY_HEAD) if name in self.models
        }
        model = self.made("SearchModelGen", "model", built_from, **{ENCODER_SETTINGS: SETTINGS})
        names = ("classifier_run", "classifier_blessing", "classifier_evaluation")
        evaluated = {"model": model, "judgements": examples} | {name: self.models[name] for name in names}
        self.bless("RetrievalEvaluator", evaluated, str(self.runs), blessed)

    def refresh(self, catalogue: proto.Artifact) -> None:
        remaining = self.made("CatalogueGate", "remaining_judgements", {"judgements": self.models["judgements"]})
        self.release(catalogue, remaining)

    def ids(self) -> dict[str, int]:
        return {name: artifact.id for name, artifact in self.models.items()}


@pytest.fixture
def shop(metadata: Metadata) -> Shop:
    return Shop(metadata)


def resolve(metadata: Metadata, catalogue: proto.Artifact) -> dict[str, list[int]]:
    """Resolve with channels that hold every artifact."""
    artifacts = []
    for message in metadata.store.get_artifacts():
        artifact = standard_artifacts.Model()
        artifact.id = message.id
        artifacts.append(artifact)
    present: list[Artifact] = [artifact for artifact in artifacts if artifact.id == catalogue.id]
    channels = dict.fromkeys(BLESSED_RUN, artifacts) | {"catalogue": present}
    resolved = LatestBlessedRun(SETTINGS).resolve_artifacts(metadata.store, channels)
    assert resolved.pop("catalogue") == present
    return {name: [artifact.id for artifact in found] for name, found in resolved.items()}


def test_the_models_and_judgements_of_the_blessed_run_are_found(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    served = shop.catalogue()
    shop.release(served, shop.models["judgements"])
    expected = {name: [number] for name, number in shop.ids().items()} | {SERVED_CATALOGUE: [served.id]}
    assert resolve(metadata, shop.catalogue()) == expected


def test_a_refused_run_is_passed_over(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    served, blessed = shop.catalogue(), shop.ids()
    shop.release(served, shop.models["judgements"])
    shop.train()
    shop.release(shop.catalogue(), shop.models["judgements"], blessed=False)
    found = resolve(metadata, shop.catalogue())
    assert {name: found[name] for name in blessed} == {name: [number] for name, number in blessed.items()}
    assert found[SERVED_CATALOGUE] == [served.id]


def test_after_another_catalogue_run_all_judgements_are_there_again(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    shop.release(shop.catalogue(), shop.models["judgements"])
    refreshed = shop.catalogue()
    shop.refresh(refreshed)
    found = resolve(metadata, shop.catalogue())
    assert found["judgements"] == [shop.models["judgements"].id]
    assert found[SERVED_CATALOGUE] == [refreshed.id]


def test_a_blessed_run_of_a_version_without_category_heads_has_none(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    del shop.models[CATEGORY_HEAD]
    shop.release(shop.catalogue(), shop.models["judgements"])
    found = resolve(metadata, shop.catalogue())
    assert found[CATEGORY_HEAD] == []
    assert found["classifier"] == [shop.models["classifier"].id]


def test_a_catalogue_is_not_compared_with_itself(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    first = shop.catalogue()
    shop.release(first, shop.models["judgements"])
    assert resolve(metadata, first)[SERVED_CATALOGUE] == []
    second = shop.catalogue()
    shop.refresh(second)
    assert resolve(metadata, second)[SERVED_CATALOGUE] == [first.id]


def test_without_a_blessed_run_the_error_says_what_makes_one(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    with pytest.raises(ConfigError, match=r"no run has a blessed model, .* `vitrine run` makes one"):
        blessed_runs(metadata.store, SETTINGS)


def test_an_empty_store_has_no_blessed_run(metadata: Metadata) -> None:
    with pytest.raises(ConfigError, match="no run has a blessed model"):
        blessed_runs(metadata.store, SETTINGS)


def test_another_encoder_is_refused_with_the_names_of_its_settings(metadata: Metadata, shop: Shop) -> None:
    shop.train()
    shop.release(shop.catalogue(), shop.models["judgements"])
    other = json.dumps({"kind": "sentence", "precision": "bfloat16", "source": "c0de"})
    with pytest.raises(ConfigError, match="not those of the blessed model; different: precision, source; "):
        blessed_runs(metadata.store, other)
