"""`run_fn` of the Trainer "ClipTrainer": trains a small CLIP on the catalogue, or passes an encoder through."""

from pathlib import Path

import pyarrow as pa
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.tf_examples import read_columns
from vitrine.data.images.image_root import Folder, image_folder
from vitrine.encoders.loading import open_encoder
from vitrine.encoders.settings import EncoderSettings

PRODUCTS_SPLIT = "products"


def run_fn(fn_args: FnArgs) -> None:
    """Write the encoder's checkpoint to `fn_args.serving_model_dir`.

    `custom_config` holds `encoder`, the fields of EncoderSettings, and `image_root`, the start of relative image
    paths.
    """
    settings = EncoderSettings.model_validate(fn_args.custom_config["encoder"])
    directory = Path(fn_args.serving_model_dir)
    if settings.source == "scratch":
        products = pa.concat_tables(read_columns(pattern, columns.CATALOGUE[:-1]) for pattern in fn_args.train_files)
        train(products, image_folder(fn_args.custom_config["image_root"]), settings, directory)
        return
    encoder = open_encoder(settings)
    encoder.save(directory)
    progress.note(f"{encoder.kind} encoder from {settings.source}, {encoder.dimension} dimensions, passed through")


def train(products: pa.Table, image_root: Folder, settings: EncoderSettings, directory: Path) -> None:
    """Train CLIP from scratch, and report each epoch."""
    from vitrine.encoders.clip.training import train_clip

    epochs = settings.training.epochs
    history: list[dict[str, float]] = []

    def on_epoch(metrics: dict[str, float]) -> None:
        history.append(metrics)
        progress.report("training CLIP", len(history), epochs)

    train_clip(products, image_root, settings, directory, on_epoch)
    summary = ", ".join(f"{name} {value:.3f}" for name, value in history[-1].items() if name != "epoch")
    progress.note(f"CLIP trained from scratch on {products.num_rows} products: {summary}")
