import json
from pathlib import Path

import pytest

from components.blessed_run.artifacts import ENCODER_SETTINGS
from pipelines.kinds import Kind
from pipelines.local_runner import build
from pipelines.pipeline import create_pipeline
from pipelines.run_directory import RunDirectory
from pipelines.settings import RunSettings, load_run_settings
from vitrine.encoders.settings import EncoderSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> RunSettings:
    (tmp_path / "images").mkdir()
    return load_run_settings(ROOT / "configs" / "sample.yaml", [f"data.dir={tmp_path}"])


def nodes(settings: RunSettings, kind: Kind = "run") -> dict:
    pipeline = create_pipeline(settings, root="artifacts", serving="serving", kind=kind)
    return {node.id: node for node in pipeline.components}


def upstream(node) -> set[str]:
    """Return all nodes that must have run before a node."""
    return {other.id for other in node.upstream_nodes}.union(*(upstream(other) for other in node.upstream_nodes))


def test_every_node_of_the_design_is_there(settings: RunSettings) -> None:
    ingest = {
        f"{kind}{role}"
        for kind in ("Judgement", "Catalogue")
        for role in ("ExampleGen", "StatisticsGen", "SchemaGen", "Schema", "ExampleValidator")
    }
    assert set(nodes(settings)) == ingest | {
        "AnomalyGate", "ClipTrainer", "EmbeddingGen", "Transform", "Trainer", "LatestBlessedModel", "Evaluator",
        "CategoryTrainer", "EarlierEmbeddings", "SearchModelGen", "ServedModel", "RetrievalEvaluator",
        "EarlierFeatures", "ServedStatistics", "CatalogueDriftValidator", "JudgementDriftValidator",
        "JudgementSkewValidator", "DriftGate",
        "FeatureRegistrar", "Pusher-product-search", "Pusher-esci-classifier", "Pusher-index",
    }  # fmt: skip


def test_a_catalogue_run_trains_nothing(settings: RunSettings) -> None:
    catalogue = {f"Catalogue{role}" for role in ("ExampleGen", "StatisticsGen", "SchemaGen", "Schema")}
    assert set(nodes(settings, "refresh")) == catalogue | {
        "CatalogueExampleValidator", "CatalogueGate", "JudgementSchema", "BlessedRun", "EarlierEmbeddings",
        "EmbeddingGen", "SearchModelGen", "ServedModel", "RetrievalEvaluator", "EarlierFeatures", "FeatureRegistrar",
        "Pusher-product-search", "Pusher-esci-classifier", "Pusher-index", "ServedStatistics",
        "CatalogueDriftValidator", "DriftGate",
    }  # fmt: skip


def test_judgements_of_spans_have_a_gate_of_their_own(settings: RunSettings) -> None:
    window = settings.data.model_copy(update={"spans": "last 30"})
    all_nodes = nodes(settings.model_copy(update={"data": window}))
    assert "AnomalyGate" not in all_nodes
    assert "WindowGate" in upstream(all_nodes["EmbeddingGen"])
    assert all_nodes["EmbeddingGen"].inputs["judgements"] == all_nodes["WindowGate"].outputs["remaining_judgements"]


@pytest.mark.parametrize("kind", ["run", "refresh"])
def test_drift_is_watched_before_the_data_is_approved_unless_it_is_off(settings: RunSettings, kind: Kind) -> None:
    gate = "AnomalyGate" if kind == "run" else "CatalogueGate"
    assert "DriftGate" in upstream(nodes(settings, kind)[gate])
    off = settings.model_copy(update={"data": settings.data.model_copy(update={"drift": "off"})})
    assert not any("Drift" in name or "Skew" in name for name in nodes(off, kind))


def test_precomputed_vectors_of_new_products_are_read_in_a_catalogue_run(settings: RunSettings, tmp_path: Path) -> None:
    precomputed = settings.model_copy(update={"encoder": EncoderSettings(kind="precomputed", source=str(tmp_path))})
    refresh = nodes(precomputed, "refresh")
    assert "CatalogueGate" in upstream(refresh["ClipTrainer"])
    assert "ClipTrainer" in upstream(refresh["EmbeddingGen"])


def test_a_catalogue_is_approved_before_it_is_encoded(settings: RunSettings) -> None:
    all_nodes = nodes(settings, "refresh")
    assert {"CatalogueGate", "BlessedRun", "CatalogueExampleValidator"} <= upstream(all_nodes["EmbeddingGen"])
    assert "RetrievalEvaluator" in upstream(all_nodes["Pusher-product-search"])


def test_nothing_expensive_starts_before_the_data_is_approved(settings: RunSettings) -> None:
    all_nodes = nodes(settings)
    ungated = {name for name, node in all_nodes.items() if "AnomalyGate" not in upstream(node)} - {"AnomalyGate"}
    drift = {"ServedStatistics", "DriftGate"}
    assert ungated == drift | {name for name in all_nodes if name.startswith(("Judgement", "Catalogue"))}
    validators = {"JudgementExampleValidator", "CatalogueExampleValidator"}
    assert validators <= upstream(all_nodes["AnomalyGate"])


def test_nothing_is_pushed_before_both_evaluators_have_run(settings: RunSettings) -> None:
    all_nodes = nodes(settings)
    for name in ("product-search", "esci-classifier", "index"):
        assert {"Evaluator", "RetrievalEvaluator"} <= upstream(all_nodes[f"Pusher-{name}"])


@pytest.mark.parametrize("kind", ["run", "refresh"])
def test_the_search_model_is_compared_with_the_served_version(settings: RunSettings, kind: Kind) -> None:
    evaluator = nodes(settings, kind)["RetrievalEvaluator"]
    assert {"served_model", "served_index"} <= evaluator.inputs.keys()
    assert evaluator.exec_properties["blessed_note"] == ""
    (resolver,) = (node for node in evaluator.upstream_nodes if node.id == "ServedModel")
    assert "SearchModelGen" in upstream(resolver)  # which it leaves out


@pytest.mark.parametrize("kind", ["run", "refresh"])
def test_the_search_model_is_audited_before_it_is_evaluated_if_a_gate_says_so(
    settings: RunSettings, kind: Kind
) -> None:
    assert "SearchAuditor" not in nodes(settings, kind)
    gate = settings.audit.model_copy(update={"gate": {"refusals.real.lost": 0.01}})
    gated = nodes(settings.model_copy(update={"audit": gate}), kind)
    assert gated["RetrievalEvaluator"].inputs["audit"] is gated["SearchAuditor"].outputs["audit"]
    assert "SearchModelGen" in upstream(gated["SearchAuditor"])


def test_a_local_run_names_everything_by_absolute_paths(settings: RunSettings, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = build(settings, RunDirectory(Path("runs/sample")))
    assert pipeline.pipeline_info.pipeline_root == str(tmp_path / "runs" / "sample" / "artifacts")
    components = {node.id: node for node in pipeline.components}
    assert components["CatalogueExampleGen"].exec_properties["input_base"] == str(tmp_path)
    destination = json.loads(components["Pusher-index"].exec_properties["push_destination"])
    assert destination["filesystem"]["base_directory"] == str(tmp_path / "runs" / "sample" / "serving" / "index")
    encoding = json.loads(components["EmbeddingGen"].exec_properties["settings"])
    assert encoding["image_root"] == str(tmp_path / "images")


def changed(before: dict, after: dict) -> dict[str, set[str]]:
    """Return the properties that differ, by node."""
    differences = {
        name: {key for key in before[name] | after[name] if before[name].get(key) != after[name].get(key)}
        for name in before
    }
    return {name: keys for name, keys in differences.items() if keys}


def properties(settings: RunSettings) -> dict[str, dict]:
    return {name: node.exec_properties for name, node in nodes(settings).items()}


def write_catalogue(data: Path, image: str) -> None:
    (data / "catalogue").mkdir(exist_ok=True)
    (data / "catalogue" / "products.csv").write_text(f"product_id,title,image\n1,Mug,{image}\n")


def test_a_changed_image_changes_what_is_trained_and_encoded(settings: RunSettings, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "mug.png")
    before = properties(settings)
    (tmp_path / "images" / "mug.png").write_bytes(b"image")
    nodes_changed = changed(before, properties(settings))
    assert nodes_changed.pop("EarlierEmbeddings")  # which leaves out those that the cache would give
    assert nodes_changed == {"ClipTrainer": {"images"}, "EmbeddingGen": {"images"}}


def test_images_change_nothing_for_a_text_encoder(settings: RunSettings, tmp_path: Path) -> None:
    write_catalogue(tmp_path, "mug.png")
    encoder = EncoderSettings(kind="sentence", source=str(tmp_path / "encoder"))
    text_settings = settings.model_copy(update={"encoder": encoder})
    before = properties(text_settings)
    (tmp_path / "images" / "mug.png").write_bytes(b"image")
    assert changed(before, properties(text_settings)) == {}


@pytest.mark.parametrize(
    ("fields", "file", "stamp"),
    [
        ({"kind": "clip", "source": "there"}, "there/config.json", "encoder"),
        ({"kind": "clip", "source": "preset:there"}, "there/assets/vocabulary.json", "encoder"),
        ({"kind": "precomputed", "source": "there"}, "there/products.parquet", "vectors"),
        ({"kind": "precomputed", "source": "there", "text": "text"}, "text/config.json", "text_encoder"),
    ],
)
def test_a_changed_file_of_the_encoder_runs_clip_trainer_again(
    settings: RunSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict, file: str, stamp: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("there", "text"):
        (tmp_path / folder / "assets").mkdir(parents=True)
        (tmp_path / folder / "model.safetensors").touch()
    with_encoder = settings.model_copy(update={"encoder": EncoderSettings(**fields)})
    before = properties(with_encoder)
    (tmp_path / file).write_bytes(b"{}")
    # New vectors of products are no other encoder.
    found_again = {} if stamp == "vectors" else {"SearchModelGen": {ENCODER_SETTINGS}}
    assert changed(before, properties(with_encoder)) == {"ClipTrainer": {stamp}} | found_again


def test_judgements_are_read_by_the_training_of_an_encoder_that_learns_from_them(settings: RunSettings) -> None:
    assert "judgements" not in nodes(settings)["ClipTrainer"].inputs
    tuned = {"kind": "sentence", "source": "package:none", "training": {"mode": "judgements"}}
    encoder = EncoderSettings.model_validate(tuned)
    all_nodes = nodes(settings.model_copy(update={"encoder": encoder}))
    assert all_nodes["ClipTrainer"].inputs["judgements"] is all_nodes["JudgementExampleGen"].outputs["examples"]
    config = json.loads(all_nodes["ClipTrainer"].exec_properties["custom_config"])
    assert config["encoder"]["training"]["mode"] == "judgements"
    assert config["states"].endswith("/tuning")


@pytest.mark.parametrize(("mode", "judged"), [("judgements", True), ("contrastive", False), ("both", True)])
def test_images_are_read_by_the_training_of_an_encoder_that_learns_from_them(
    settings: RunSettings, tmp_path: Path, mode: str, judged: bool
) -> None:
    write_catalogue(tmp_path, "mug.png")
    tuned = {"kind": "clip", "source": "preset:none", "training": {"mode": mode}}
    encoder = EncoderSettings.model_validate(tuned)
    clip_trainer = nodes(settings.model_copy(update={"encoder": encoder}))["ClipTrainer"]
    assert ("judgements" in clip_trainer.inputs) == judged
    assert "images" in clip_trainer.exec_properties
    config = json.loads(clip_trainer.exec_properties["custom_config"])
    assert config["states"].endswith("/tuning")
    assert config["text_fields"]


def test_changed_training_of_a_pretrained_encoder_makes_other_vectors(settings: RunSettings) -> None:
    fields = {"kind": "sentence", "source": "package:none"}

    def settings_of(**training: object) -> dict[str, dict]:
        encoder = EncoderSettings.model_validate(fields | {"training": training})
        return properties(settings.model_copy(update={"encoder": encoder}))

    assert changed(settings_of(mode="none"), settings_of(mode="scratch")) == {"ClipTrainer": {"custom_config"}}
    before = settings_of(mode="judgements")
    assert changed(before, settings_of(mode="judgements", epochs=7)) == {
        "ClipTrainer": {"custom_config"},
        "SearchModelGen": {ENCODER_SETTINGS},
    }


def test_the_category_head_reads_vectors_and_the_search_model_gets_it(settings: RunSettings) -> None:
    all_nodes = nodes(settings)
    head = all_nodes["CategoryTrainer"]
    assert head.inputs["base_model"] is all_nodes["ClipTrainer"].outputs["model"]
    assert all_nodes["SearchModelGen"].inputs["category_head"] is head.outputs["model"]
    refresh = nodes(settings, "refresh")
    assert refresh["SearchModelGen"].inputs["category_head"] is refresh["BlessedRun"].outputs["category_head"]


def test_settings_of_categories_train_the_head_again_and_nothing_else(settings: RunSettings) -> None:
    other = settings.model_copy(update={"categories": settings.categories.model_copy(update={"hidden": 64})})
    assert changed(properties(settings), properties(other)) == {"CategoryTrainer": {"custom_config"}}


def test_a_changed_contract_is_a_property_of_its_schema(settings: RunSettings) -> None:
    assert "product_id" in nodes(settings)["CatalogueSchema"].exec_properties["contract"]


def test_thresholds_change_the_evaluator_only(settings: RunSettings) -> None:
    stricter = settings.model_copy(update={"retrieval": settings.retrieval.model_copy(update={"above_random": 0.5})})
    assert changed(properties(settings), properties(stricter)) == {"RetrievalEvaluator": {"settings"}}
