"""The protocol that all encoders implement."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import tensorflow as tf
    from PIL.Image import Image


@runtime_checkable
class Encoder(Protocol):
    """An encoder of texts, and of images if `encodes_images`, into one vector space."""

    kind: str
    """`clip`, `sentence` or `precomputed`."""
    dimension: int
    """D, the length of a vector."""
    encodes_images: bool
    encodes_any_text: bool
    """False if only the texts of known queries are encoded, and others raise DataError."""
    module: "tf.Module"
    """The graph: `embed_text(query: string [B]) -> float32 [B, D]` and, if `encodes_images`, `embed_image(image_bytes:
    string [B]) -> float32 [B, D]`. It has TensorFlow and TF Text ops only, and can be saved as part of another
    `tf.Module`."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hex) of configuration, tokenizer and weights; the same at every precision."""
        ...

    def encode_text(self, texts: Sequence[str | bytes]) -> "npt.NDArray[np.float32]":
        """Return float32 [N, D] of queries, rows of unit length, in the given order, as `embed_text` does.

        The prompt of queries, if the encoder has one, is put before each. "" has the vector of the empty text.

        Raises:
            DataError: a text is neither str nor UTF-8 bytes; the message has its position. Or a text is not a known
                query, and the encoder does not encode any text.
        """
        ...

    def encode_document(self, texts: Sequence[str | bytes]) -> "npt.NDArray[np.float32]":
        """Return float32 [N, D] of texts of the catalogue; as `encode_text`, but with the prompt of documents.

        Raises:
            DataError: as `encode_text`; or the encoder's files do not tell the prompt of documents.
        """
        ...

    def encode_image(self, images: "Sequence[bytes | Image]") -> "npt.NDArray[np.float32]":
        """Return float32 [N, D], rows of unit length, in the given order.

        Raises:
            UndecodableImage: an image cannot be read; the message has its position.
            DataError: the encoder does not encode images.
        """
        ...

    def save(self, directory: Path) -> None:
        """Write the checkpoint to `directory`, replacing it atomically."""
        ...
