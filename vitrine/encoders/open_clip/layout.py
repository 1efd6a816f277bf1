"""The family of a checkpoint of open_clip."""

import dataclasses
from collections.abc import Mapping

from vitrine.encoders.checkpoint import OPEN_CLIP, Checkpoint, Native
from vitrine.encoders.open_clip.clip import clip_checkpoint
from vitrine.encoders.open_clip.config import config_file
from vitrine.encoders.open_clip.siglip import siglip_checkpoint
from vitrine.encoders.open_clip.weights import Array, ConvertedTensors
from vitrine.errors import DataError


def open_clip_checkpoint(
    origin: str, files: Mapping[str, bytes], tensors: Mapping[str, Array], weights: str
) -> Checkpoint:
    """Return the checkpoint in Hugging Face's layout of files and tensors in open_clip's, which it can be written in.

    Args:
        origin: the directory, for errors.
        files: contents of the directory's files by name.
        tensors: weights by open_clip's names.
        weights: the name of the file of weights, for errors.

    Raises:
        DataError: the model has a part that is not supported, or a file is missing.
    """
    source = Checkpoint(origin, files, tensors)
    config = config_file(source.json(OPEN_CLIP), f"{origin}/{OPEN_CLIP}")
    if tower := config.text.get("hf_model_name"):
        raise DataError(
            f"{config.where}: the text tower '{tower}' (hf_model_name) is not supported; open_clip's own is"
        )
    convert = siglip_checkpoint if config.vision.get("timm_model_name") else clip_checkpoint
    converted = convert(source, weights, config)
    assert isinstance(converted.tensors, ConvertedTensors)
    return dataclasses.replace(converted, native=Native(files, weights, converted.tensors.restored))
