import json
from pathlib import Path

import pytest

from pipelines.local import Places
from pipelines.local_runner import build
from pipelines.pipeline import create_pipeline
from pipelines.settings import Config, load_config
from vitrine.encoders.settings import EncoderSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "images").mkdir()
    return load_config(ROOT / "configs" / "sample.yaml", [f"data.dir={tmp_path}"])


def nodes(config: Config) -> dict:
    return {node.id: node for node in create_pipeline(config, root="artifacts", serving="serving").components}


def above(node) -> set[str]:
    """All that must have run before a node."""
    return {node.id for node in node.upstream_nodes}.union(*(above(one) for one in node.upstream_nodes))


def test_every_node_of_the_design_is_there(config: Config) -> None:
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


def test_nothing_expensive_starts_before_the_data_is_approved(config: Config) -> None:
    found = nodes(config)
    free = {name for name, node in found.items() if "AnomalyGate" not in above(node)} - {"AnomalyGate"}
    assert free == {name for name in found if name.startswith(("Judgement", "Catalogue"))}
    validators = {"JudgementExampleValidator", "CatalogueExampleValidator"}
    assert validators <= above(found["AnomalyGate"])


def test_nothing_is_pushed_before_both_evaluators_have_spoken(config: Config) -> None:
    found = nodes(config)
    for name in ("product-search", "esci-classifier", "index"):
        assert {"Evaluator", "RetrievalEvaluator"} <= above(found[f"Pusher-{name}"])


def test_a_local_run_names_everything_by_absolute_paths(config: Config, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    pipeline = build(config, Places(Path("runs/sample")))
    assert pipeline.pipeline_info.pipeline_root == str(tmp_path / "runs" / "sample" / "artifacts")
    found = {node.id: node for node in pipeline.components}
    assert found["CatalogueExampleGen"].exec_properties["input_base"] == str(tmp_path)
    destination = json.loads(found["Pusher-index"].exec_properties["push_destination"])
    assert destination["filesystem"]["base_directory"] == str(tmp_path / "runs" / "sample" / "serving" / "index")
    settings = json.loads(found["EmbeddingGen"].exec_properties["settings"])
    assert settings["image_root"] == str(tmp_path / "images")


def test_a_changed_picture_changes_what_is_trained_and_encoded(config: Config, tmp_path: Path) -> None:
    def stamped() -> dict[str, dict]:
        return {name: node.exec_properties for name, node in nodes(config).items()}

    before = stamped()
    (tmp_path / "images" / "new.png").write_bytes(b"picture")
    after = stamped()
    assert {name for name in before if before[name] != after[name]} == {"ClipTrainer", "EmbeddingGen"}


def test_changed_vectors_are_passed_on_again(config: Config, tmp_path: Path) -> None:
    encoder = EncoderSettings(kind="precomputed", source=str(tmp_path / "vectors"))
    precomputed = config.model_copy(update={"encoder": encoder})
    before = {name: node.exec_properties for name, node in nodes(precomputed).items()}
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "vectors.json").write_bytes(b"{}")
    after = {name: node.exec_properties for name, node in nodes(precomputed).items()}
    assert {name for name in before if before[name] != after[name]} == {"ClipTrainer"}


def test_thresholds_change_only_what_measures_by_them(config: Config) -> None:
    stricter = config.model_copy(update={"retrieval": config.retrieval.model_copy(update={"above_random": 0.5})})
    before, after = ({name: node.exec_properties for name, node in nodes(one).items()} for one in (config, stricter))
    assert {name for name in before if before[name] != after[name]} == {"RetrievalEvaluator"}
