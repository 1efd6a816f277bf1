"""The family of a checkpoint of open_clip."""

from collections.abc import Mapping

from vitrine.encoders.checkpoint import OPEN_CLIP, Checkpoint
from vitrine.encoders.open_clip.clip import clip_checkpoint
from vitrine.encoders.open_clip.config import towers
from vitrine.encoders.open_clip.siglip import siglip_checkpoint
from vitrine.encoders.open_clip.weights import Array
from vitrine.errors import DataError


def open_clip_checkpoint(
    origin: str, files: Mapping[str, bytes], tensors: Mapping[str, Array], weights: str
) -> Checkpoint:
    """Return the checkpoint in Hugging Face's layout of files and tensors in open_clip's.

    Args:
        origin: the directory, for errors.
        files: contents of the directory's files by name.
        tensors: weights by open_clip's names.
        weights: the name of the file of weights, for errors.

    Raises:
        DataError: the model has a part that is not supported, or a file is missing.
    """
    where = f"{origin}/{OPEN_CLIP}"
    vision, text, _ = towers(Checkpoint(origin, files, {}).json(OPEN_CLIP), where)
    if text.get("hf_model_name"):
        raise DataError(
            f"{where}: the text tower '{text['hf_model_name']}' (hf_model_name) is not supported; open_clip's own is"
        )
    read = siglip_checkpoint if vision.get("timm_model_name") else clip_checkpoint
    return read(origin, files, tensors, weights)
