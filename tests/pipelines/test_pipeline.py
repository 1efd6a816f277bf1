import json
from pathlib import Path

import pytest

from pipelines.local_runner import build
from pipelines.pipeline import create_pipeline
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings, load_run_settings
from vitrine.encoders.settings import EncoderSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> RunSettings:
    (tmp_path / "images").mkdir()
    return load_run_settings(ROOT / "configs" / "sample.yaml", [f"data.dir={tmp_path}"])


def nodes(config: RunSettings) -> dict:
    return {node.id: node for node in create_pipeline(config, root="artifacts", serving="serving").components}


def above(node) -> set[str]:
    """All that must have run before a node."""
    return {node.id for node in node.upstream_nodes}.union(*(above(one) for one in node.upstream_nodes))


def test_every_node_of_the_design_is_there(config: RunSettings) -> None:
    ingest = {
        f"{kind}{role}"
        for kind in ("Judgement", "Catalogue")
        for role in ("ExampleGen", "StatisticsGen", "SchemaGen", "Schema", "ExampleValidator")
    }
    assert set(nodes(config)) == ingest | {
        "AnomalyGate", "ClipTrainer", "EmbeddingGen", "Transform", "Trainer", "LatestBlessedModel", "Evaluator",
        "SearchModelGen", "RetrievalEvaluator", "FeatureRegistrar", "Pusher-product-search", "Pusher-esci-classifier",
        "Pusher-index",
    }  # fmt: skip


def test_nothing_expensive_starts_before_the_data_is_approved(config: RunSettings) -> None:
    found = nodes(config)
    free = {name for name, node in found.items() if "AnomalyGate" not in above(node)} - {"AnomalyGate"}
    assert free == {name for name in found if name.startswith(("Judgement", "Catalogue"))}
    validators = {"JudgementExampleValidator", "CatalogueExampleValidator"}
    assert validators <= above(found["AnomalyGate"])


def test_nothing_is_pushed_before_both_evaluators_have_spoken(config: RunSettings) -> None:
    found = nodes(config)
    for name in ("product-search", "esci-classifier", "index"):
        assert {"Evaluator", "RetrievalEvaluator"} <= above(found[f"Pusher-{name}"])


def test_a_local_run_names_everything_by_absolute_paths(config: RunSettings, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = build(config, RunDirectory(Path("runs/sample")))
    assert pipeline.pipeline_info.pipeline_root == str(tmp_path / "runs" / "sample" / "artifacts")
    found = {node.id: node for node in pipeline.components}
    assert found["CatalogueExampleGen"].exec_properties["input_base"] == str(tmp_path)
    destination = json.loads(found["Pusher-index"].exec_properties["push_destination"])
    assert destination["filesystem"]["base_directory"] == str(tmp_path / "runs" / "sample" / "serving" / "index")
    settings = json.loads(found["EmbeddingGen"].exec_properties["settings"])
    assert settings["image_root"] == str(tmp_path / "images")


def changed(before: dict, after: dict) -> dict[str, set[str]]:
    """The properties that differ, by node."""
    found = {
        name: {key for key in before[name] | after[name] if before[name].get(key) != after[name].get(key)}
        for name in before
    }
    return {name: keys for name, keys in found.items() if keys}


def properties(config: RunSettings) -> dict[str, dict]:
    return {name: node.exec_properties for name, node in nodes(config).items()}


def write_catalogue(data: Path, image: str) -> None:
    (data / "catalogue").mkdir(exist_ok=True)
    (data / "catalogue" / "products.csv").write_text(f"product_id,title,image\n1,Mug,{image}\n")


def test_a_changed_image_changes_what_is_trained_and_encoded(config: RunSettings, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "mug.png")
    before = properties(config)
    (tmp_path / "images" / "mug.png").write_bytes(b"picture")
    assert changed(before, properties(config)) == {"ClipTrainer": {"images"}, "EmbeddingGen": {"images"}}


def test_images_are_nothing_to_an_encoder_of_texts(config: RunSettings, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "mug.png")
    encoder = EncoderSettings(kind="sentence", source=str(tmp_path / "encoder"))
    of_texts = config.model_copy(update={"encoder": encoder})
    before = properties(of_texts)
    (tmp_path / "images" / "mug.png").write_bytes(b"picture")
    assert changed(before, properties(of_texts)) == {}


@pytest.mark.parametrize(
    ("fields", "file", "stamp"),
    [
        ({"kind": "clip", "source": "there"}, "there/config.json", "encoder"),
        ({"kind": "clip", "source": "preset:there"}, "there/assets/vocabulary.json", "encoder"),
        ({"kind": "precomputed", "source": "there"}, "there/products.parquet", "vectors"),
        ({"kind": "precomputed", "source": "there", "text": "text"}, "text/config.json", "text_encoder"),
    ],
)
def test_a_changed_file_of_the_encoder_passes_it_on_again(
    config: RunSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict, file: str, stamp: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("there", "text"):
        (tmp_path / folder / "assets").mkdir(parents=True)
        (tmp_path / folder / "model.safetensors").touch()
    with_encoder = config.model_copy(update={"encoder": EncoderSettings(**fields)})
    before = properties(with_encoder)
    (tmp_path / file).write_bytes(b"{}")
    assert changed(before, properties(with_encoder)) == {"ClipTrainer": {stamp}}


def test_a_changed_contract_is_a_property_of_its_schema(config: RunSettings) -> None:
    assert "product_id" in nodes(config)["CatalogueSchema"].exec_properties["contract"]


def test_thresholds_change_only_what_measures_by_them(config: RunSettings) -> None:
    stricter = config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"above_random": 0.5})})
    assert changed(properties(config), properties(stricter)) == {"RetrievalEvaluator": {"settings"}}
