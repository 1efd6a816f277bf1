"""The CLIP encoder: tokenizer, preprocessing and both towers behind the encoder protocol."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from vitrine.data.images.decoding import UndecodableImage, decode_image
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig, clip_config
from vitrine.encoders.clip.tokenizer import END, ClipTokenizer, ClipVocabulary, clip_vocabulary
from vitrine.encoders.clip.towers import LEGACY_END, TextTower, VisionTower
from vitrine.encoders.images.preprocessing import Preprocessing, crop_bytes, crop_image, normalise
from vitrine.encoders.images.processor import read_preprocessing
from vitrine.encoders.settings import Precision
from vitrine.encoders.text_batches import embed_in_batches
from vitrine.errors import DataError

UNUSED: Final = r"logit_scale|.*\.position_ids"
"""Weights that no vector depends on."""
IMAGES_PER_BATCH: Final = 32
"""Enough to keep two processors busy, few enough for their memory."""


class ClipModule(tf.Module):
    """The graph that is served, from raw strings or image bytes to vectors."""

    def __init__(self, config: ClipConfig, sizes: Preprocessing, checkpoint: Checkpoint, precision: Precision):
        super().__init__()
        text = config.text_config
        vocabulary = clip_vocabulary(checkpoint)
        _check_ids(vocabulary, config, checkpoint.origin)
        self.tokenizer = ClipTokenizer(vocabulary, text.max_position_embeddings)
        self._text, self._vision = (
            TextTower(config, checkpoint, precision),
            VisionTower(config, checkpoint, precision),
        )
        self._sizes = sizes

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        return self._text(self.tokenizer(query))

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def embed_image(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for the bytes of images [B]; see `crop_bytes` for the formats."""
        side = self._sizes.crop
        spec = tf.TensorSpec([side, side, 3], tf.float32)
        pixels = tf.map_fn(lambda encoded: crop_bytes(encoded, self._sizes), image_bytes, fn_output_signature=spec)
        return self._embed(pixels)

    def pixel_spec(self) -> tf.TensorSpec:
        """Return the shape and type of a batch of cropped images."""
        return tf.TensorSpec([None, self._sizes.crop, self._sizes.crop, 3], tf.uint8)

    def _embed(self, pixels: tf.Tensor) -> tf.Tensor:
        return self._vision(normalise(pixels, self._sizes))


def _check_ids(vocabulary: ClipVocabulary, config: ClipConfig, origin: str) -> None:
    """Raise DataError if the text tower has no embedding for a token, or has another end token than the tokenizer."""
    text, end, largest = config.text_config, vocabulary.ids[END], max(vocabulary.ids.values())
    if largest >= text.vocab_size:
        raise DataError(f"{origin}: the tokenizer has id {largest}, but config.json has vocab_size {text.vocab_size}")
    if text.eos_token_id not in (LEGACY_END, end):
        raise DataError(f"{origin}: {END} has id {end}, but config.json has eos_token_id {text.eos_token_id}")
    highest = max(vocabulary.added, key=lambda token: token.id)
    if text.eos_token_id == LEGACY_END and highest.id > end:
        raise DataError(
            f"{origin}/config.json: with text_config.eos_token_id {LEGACY_END}, a text ends at its highest id, which "
            f"'{highest.content}' has; set eos_token_id to {end}, the id of {END}"
        )


def _to_rgb(position: int, image: Image.Image) -> Image.Image:
    try:
        converted = image.convert("RGB")  # decodes a file that has only been opened
    except Exception as error:  # Pillow's decoders raise any exception on damaged input
        raise UndecodableImage(f"images[{position}]: damaged image: {error}") from error
    if 0 in converted.size:
        raise UndecodableImage(f"images[{position}]: an image of {converted.width} × {converted.height} pixels")
    return converted


class ClipEncoder:
    """A CLIP encoder; see `vitrine.encoders.protocol.Encoder`."""

    kind = "clip"
    encodes_images = True
    encodes_any_text = True

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32"):
        """Build the encoder.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        self._checkpoint = checkpoint
        self._config = clip_config(checkpoint)
        self._sizes = read_preprocessing(checkpoint, self._config.vision_config.image_size)
        self.module = ClipModule(self._config, self._sizes, checkpoint, precision)
        checkpoint.require_all_read(UNUSED)
        self.dimension = self._config.projection_dim
        self._embed_pixels = tf.function(
            self.module._embed, input_signature=[self.module.pixel_spec()], autograph=False
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        vocabulary = clip_vocabulary(self._checkpoint)
        rules: dict[str, object] = {
            "clip": self._config.model_dump(),
            "pictures": self._sizes.rules(),  # a change of the key would change every fingerprint
            "tokenizer": [vocabulary.ids, vocabulary.merges, [list(token) for token in vocabulary.added]],
        }
        if vocabulary.max_tokens and vocabulary.max_tokens < self._config.text_config.max_position_embeddings:
            rules["max_tokens"] = vocabulary.max_tokens
        if vocabulary.cleaned:
            rules["cleaned"] = True
        return self._checkpoint.fingerprint(rules)

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        longest = 4 * self._config.text_config.max_position_embeddings
        return embed_in_batches(texts, self.dimension, longest, self._embed_text)

    def _embed_text(self, texts: list[bytes]) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: Sequence[bytes | Image.Image]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_image`.

        Bytes may be of any format that `decode_image` decodes. A Pillow image is converted to RGB as in `transformers`:
        transparency is dropped, not blended with white.
        """
        if isinstance(images, bytes | Image.Image):
            raise DataError("images: expected a sequence of images, got one image; put it in a list")
        vectors = np.zeros((len(images), self.dimension), np.float32)
        for start in range(0, len(images), IMAGES_PER_BATCH):
            batch = images[start : start + IMAGES_PER_BATCH]
            pixels = np.stack([self._crop(start + offset, image) for offset, image in enumerate(batch)])
            vectors[start : start + len(batch)] = self._embed_pixels(tf.constant(pixels)).numpy()
        return vectors

    def _crop(self, position: int, image: bytes | Image.Image) -> npt.NDArray[np.uint8]:
        if isinstance(image, Image.Image):
            return crop_image(_to_rgb(position, image), self._sizes)
        if not isinstance(image, bytes):
            raise DataError(f"images[{position}]: expected bytes or a Pillow image, got {type(image).__name__}")
        try:
            return crop_image(decode_image(image), self._sizes)
        except UndecodableImage as error:
            raise UndecodableImage(f"images[{position}]: {error}") from error

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        self._checkpoint.save(directory)
