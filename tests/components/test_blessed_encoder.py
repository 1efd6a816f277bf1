import json
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto
from tfx.types import standard_artifacts

from components.blessed_encoder import BLESSED_ENCODER, BlessedEncoder
from components.blessed_run.artifacts import ENCODER_SETTINGS
from tests.components.blessed_run.test_resolver import Shop
from tests.pipelines.metadata.stores import Metadata

SOURCE = {"kind": "sentence", "source": "c0de", "precision": "float32"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(Metadata(tmp_path / "metadata.db"))


def examples(shop: Shop) -> dict[str, proto.Artifact]:
    return {"examples": shop.catalogue(), "judgements": shop.made("JudgementExampleGen", "examples", {})}


def tune(shop: Shop, data: dict[str, proto.Artifact], blessed: bool = True, **settings: object) -> int:
    """Record a run that tunes the encoder on `data`; return the encoder's id."""
    shop.runs += 1
    encoder = shop.made("ClipTrainer", "model", data)
    named = {ENCODER_SETTINGS: json.dumps(SOURCE | settings)}
    model = shop.made("SearchModelGen", "model", {"encoder": encoder}, **named)
    shop.bless("RetrievalEvaluator", {"model": model}, str(shop.runs), blessed)
    return encoder.id


def resolve(shop: Shop, data: dict[str, proto.Artifact], **settings: object) -> list[int]:
    def artifact(number: int) -> standard_artifacts.Model:
        found = standard_artifacts.Model()
        found.id = number
        return found

    channels = {name: [artifact(found.id)] for name, found in data.items()}
    channels[BLESSED_ENCODER] = [artifact(found.id) for found in shop.metadata.store.get_artifacts()]
    resolved = BlessedEncoder(json.dumps(SOURCE | settings)).resolve_artifacts(shop.metadata.store, channels)
    assert {name: resolved[name] for name in data} == {name: channels[name] for name in data}
    return [found.id for found in resolved[BLESSED_ENCODER]]


def test_the_first_run_begins_with_the_original(shop: Shop) -> None:
    assert resolve(shop, examples(shop)) == []


def test_the_newest_blessed_encoder_is_taken(shop: Shop) -> None:
    tune(shop, examples(shop))
    newest = tune(shop, examples(shop))
    tune(shop, examples(shop), blessed=False)
    assert resolve(shop, examples(shop)) == [newest]


def test_a_run_on_the_same_data_begins_as_before_and_is_cached(shop: Shop) -> None:
    first, second = examples(shop), examples(shop)
    before = tune(shop, first)
    tune(shop, second)
    assert resolve(shop, second) == [before]
    assert resolve(shop, first) != [before]


def test_an_encoder_of_another_original_is_passed_over(shop: Shop) -> None:
    same = tune(shop, examples(shop), training={"epochs": 2}, text_fields=["title"])
    tune(shop, examples(shop), source="0ther")
    tune(shop, examples(shop), query_prompt="query: ")
    assert resolve(shop, examples(shop), training={"epochs": 3}) == [same]
