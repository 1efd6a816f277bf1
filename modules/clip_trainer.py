"""`run_fn` of the Trainer "ClipTrainer": trains the small CLIP on the catalogue, or passes a pretrained encoder on."""

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

    `custom_config` holds `encoder`, the fields of EncoderSettings, and `image_root`, where relative image paths start.
    """
    config = EncoderSettings.model_validate(fn_args.custom_config["encoder"])
    directory = Path(fn_args.serving_model_dir)
    if config.source == "scratch":
        products = pa.concat_tables(read_columns(pattern, columns.CATALOGUE[:-1]) for pattern in fn_args.train_files)
        train(products, image_folder(fn_args.custom_config["image_root"]), config, directory)
        return
    encoder = open_encoder(config)
    encoder.save(directory)
    progress.note(f"{encoder.kind} encoder from {config.source}, {encoder.dimension} dimensions, passed through")


def train(products: pa.Table, image_root: Folder, config: EncoderSettings, directory: Path) -> None:
    """Train from scratch, telling each epoch."""
    from vitrine.encoders.clip.training import train_clip

    epochs = config.training.epochs
    history: list[dict[str, float]] = []

    def on_epoch(measured: dict[str, float]) -> None:
        history.append(measured)
        progress.report("training CLIP", len(history), epochs)

    train_clip(products, image_root, config, directory, on_epoch)
    last = ", ".join(f"{name} {value:.3f}" for name, value in history[-1].items() if name != "epoch")
    progress.note(f"CLIP trained from scratch on {products.num_rows} products: {last}")
