"""What every encoder offers to the rest of Vitrine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf
    from PIL.Image import Image


@runtime_checkable
class Encoder(Protocol):
    """Turns texts, and pictures if `encodes_images`, into vectors of one space."""

    kind: str
    """`clip`, `sentence` or `precomputed`."""
    dimension: int
    """D, the length of a vector."""
    encodes_images: bool
    module: "tf.Module"
    """`embed_text(query: string [B]) -> float32 [B, D]` and, if `encodes_images`, `embed_image(image_bytes: string [B])
    -> float32 [B, D]`, in TensorFlow and TF Text ops only: attach it to another `tf.Module` and save that."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of configuration, tokenizer and weights; the same at every precision."""
        ...

    def encode_text(self, texts: Sequence[str | bytes]) -> "np.ndarray":
        """Return float32 [N, D], rows of unit length, in the order given; "" has the vector of the empty text.

        Raises:
            DataError: a text is neither str nor UTF-8 bytes; the message has its position.
        """
        ...

    def encode_image(self, images: "Sequence[bytes | Image]") -> "np.ndarray":
        """Return float32 [N, D], rows of unit length, in the order given.

        Raises:
            UndecodableImage: a picture cannot be read; the message has its position.
            DataError: the encoder knows no pictures.
        """
        ...

    def save(self, directory: Path) -> None:
        """Write the checkpoint to `directory`, replacing it in one step."""
        ...
