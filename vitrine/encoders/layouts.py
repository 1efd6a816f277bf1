"""Layouts of checkpoint directories besides Hugging Face's own, read as checkpoints in that."""

from pathlib import Path

from vitrine.encoders.checkpoint import OPEN_CLIP_WEIGHTS, Checkpoint, is_open_clip, read_checkpoint


def open_checkpoint(directory: Path) -> Checkpoint:
    """Read a checkpoint directory in Hugging Face's or open_clip's layout.

    Raises:
        DataError: files are missing, or cannot be read.
    """
    if not is_open_clip(directory):
        return read_checkpoint(directory)
    from vitrine.encoders.open_clip.clip import clip_checkpoint

    found = read_checkpoint(directory)
    return clip_checkpoint(found.origin, found.files, found.tensors, OPEN_CLIP_WEIGHTS)
