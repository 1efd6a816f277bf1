"""The SigLIP encoder: tokenizer, preprocessing and both towers of a checkpoint."""

from typing import Final

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.images.encoder import ImageTextEncoder, ImageTextModule
from vitrine.encoders.images.processor import read_preprocessing
from vitrine.encoders.settings import Precision
from vitrine.encoders.siglip.config import PROCESSOR, siglip_config
from vitrine.encoders.siglip.text_input import text_input
from vitrine.encoders.siglip.towers import TextTower, VisionTower
from vitrine.errors import DataError

UNUSED: Final = r"logit_scale|logit_bias|.*\.position_ids"
"""Weights that no vector depends on."""


class SiglipEncoder(ImageTextEncoder):
    """A SigLIP encoder."""

    contrast = "sigmoid"

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False):
        """Build the encoder, with float32 weights if it is `trainable`.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        config = siglip_config(checkpoint)
        text, vision = config.text_config, config.vision_config
        sizes = read_preprocessing(checkpoint, vision.image_size, PROCESSOR)
        tokenizer, padding, rules = text_input(checkpoint, text.max_position_embeddings)
        if rules["size"] > text.vocab_size:
            raise DataError(
                f"{checkpoint.origin}: the tokenizer has {rules['size']} tokens, but config.json has vocab_size "
                f"{text.vocab_size}"
            )
        module = ImageTextModule(
            tokenizer,
            TextTower(config, checkpoint, precision, padding, trainable),
            VisionTower(config, checkpoint, precision, trainable),
            sizes,
        )
        checkpoint.require_all_read(UNUSED)
        models = {"siglip": config.model_dump(), "images": sizes.rules()}
        super().__init__(
            checkpoint,
            module,
            sizes,
            vision.hidden_size,
            4 * text.max_position_embeddings,
            lambda: {**models, "tokenizer": rules, "padding": padding._asdict()},
        )
