"""The families of encoders of texts and images, by the `model_type` of `config.json`."""

from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.chinese_clip.encoder import ChineseClipEncoder
from vitrine.encoders.clip.encoder import ClipEncoder
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.layouts import IMAGE_TEXT_TYPES
from vitrine.encoders.settings import Precision
from vitrine.encoders.siglip.encoder import SiglipEncoder
from vitrine.errors import DataError


def image_text_encoder(
    checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False
) -> ImageTextEncoder:
    """Open the encoder of texts and images of a checkpoint.

    Raises:
        DataError: the checkpoint is incomplete or not supported, or its `model_type` is another one.
    """
    model_type = checkpoint.json(CONFIG).get("model_type")
    if model_type == "clip":
        return ClipEncoder(checkpoint, precision, trainable)
    if model_type == "chinese_clip":
        return ChineseClipEncoder(checkpoint, precision, trainable)
    if model_type == "siglip":
        return SiglipEncoder(checkpoint, precision, trainable)
    raise DataError(
        f"{checkpoint.origin}/{CONFIG}: model_type '{model_type}' is none of texts and images; "
        f"{', '.join(IMAGE_TEXT_TYPES)} are"
    )
