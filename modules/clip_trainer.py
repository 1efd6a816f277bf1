"""`run_fn` of the Trainer "ClipTrainer": trains the small CLIP on the catalogue, or passes a pretrained encoder on."""

from pathlib import Path

from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine import progress
from vitrine.encoders.config import EncoderConfig
from vitrine.encoders.load import open_encoder

PRODUCTS_SPLIT = "products"


def run_fn(fn_args: FnArgs) -> None:
    """Write the encoder's checkpoint to `fn_args.serving_model_dir`.

    `custom_config` holds `encoder`, the fields of EncoderConfig, and `image_root`, where relative image paths start.
    """
    config = EncoderConfig.model_validate(fn_args.custom_config["encoder"])
    directory = Path(fn_args.serving_model_dir)
    if config.source == "scratch":
        raise NotImplementedError
    encoder = open_encoder(config)
    encoder.save(directory)
    progress.note(f"{encoder.kind} encoder from {config.source}, {encoder.dimension} dimensions, passed through")
