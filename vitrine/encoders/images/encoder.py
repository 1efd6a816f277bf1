"""An encoder of texts and images behind the encoder protocol, of a tokenizer, image preprocessing and two towers."""

import dataclasses
import functools
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from vitrine.data.images.decoding import UndecodableImage, decode_image
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.images.preprocessing import Preprocessing, crop_bytes, crop_image, normalise
from vitrine.encoders.images.relevance import patch_relevance
from vitrine.encoders.images.towers import TextTower, VisionTower
from vitrine.encoders.text_batches import embed_in_batches
from vitrine.encoders.transformer_layers import Dropout, module_tensors, no_dropout
from vitrine.errors import DataError

IMAGES_PER_BATCH: Final = 32
"""Enough to keep two processors busy, few enough for their memory."""


class ImageTextModule(tf.Module):
    """The graph that is served, from raw strings or image bytes to vectors."""

    def __init__(
        self,
        tokenizer: Callable[[tf.Tensor], tf.Tensor],
        text: TextTower,
        vision: VisionTower,
        sizes: Preprocessing,
    ):
        super().__init__()
        self.tokenizer = tokenizer
        self.text, self.vision = text, vision
        self._sizes = sizes

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        return self.embed(query)

    def embed(self, texts: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        return self.text(self.tokenizer(texts), dropout)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def embed_image(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for the bytes of images [B]; see `crop_bytes` for the formats."""
        return self.embed_pixels(self.cropped(image_bytes))

    def cropped(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """Return the cropped images, float32 [B, S, S, 3] of 0 to 255, of the bytes of images [B]."""
        side = self._sizes.crop
        spec = tf.TensorSpec([side, side, 3], tf.float32)
        return tf.map_fn(lambda encoded: crop_bytes(encoded, self._sizes), image_bytes, fn_output_signature=spec)

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec([None, None], tf.float32, name="embedding"),
            tf.TensorSpec([None], tf.string, name="image_bytes"),
        ],
    )
    def explain_image(self, embedding: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Explain the similarity of images, string [B], to vectors of unit length, float32 [B, D], patch by patch.

        Returns:
            `relevance`: float32 [B, G, G], the share of each patch in what speaks for the similarity, row by row from
            the top left; the sum is 1, or 0 where nothing does. `similarity`: float32 [B]. `region_share`: float32 [B],
            the share of the sides of the resized image that the patches cover, around its centre; `keeps_ratio`: bool
            [B], whether it is resized by its shorter side, so that the patches cover a square, or both sides are.
        """
        normal = normalise(self.cropped(image_bytes), self._sizes)
        relevance, similarity = patch_relevance(self.vision, normal, embedding)
        side = self.vision.patches_per_side
        return {
            "relevance": tf.reshape(relevance, [-1, side, side]),
            "similarity": similarity,
            "region_share": tf.fill(tf.shape(similarity), self._sizes.crop / self._sizes.shortest_edge),
            "keeps_ratio": tf.fill(tf.shape(similarity), self._sizes.resize == "ratio"),
        }

    def pixel_spec(self) -> tf.TensorSpec:
        """Return the shape and type of a batch of cropped images."""
        return tf.TensorSpec([None, self._sizes.crop, self._sizes.crop, 3], tf.uint8)

    def embed_pixels(self, pixels: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for cropped images [B, S, S, 3] of 0 to 255."""
        return self.vision(normalise(pixels, self._sizes), dropout)


def _to_rgb(position: int, image: Image.Image) -> Image.Image:
    try:
        converted = image.convert("RGB")  # decodes a file that has only been opened
    except Exception as error:  # Pillow's decoders raise any exception on damaged input
        raise UndecodableImage(f"images[{position}]: damaged image: {error}") from error
    if 0 in converted.size:
        raise UndecodableImage(f"images[{position}]: an image of {converted.width} × {converted.height} pixels")
    return converted


class ImageTextEncoder:
    """An encoder of texts and images; see `vitrine.encoders.protocol.Encoder`."""

    kind = "clip"
    encodes_images = True
    encodes_any_text = True
    contrast: Literal["softmax", "sigmoid"] = "softmax"
    """The loss that the family is pretrained with."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        module: ImageTextModule,
        sizes: Preprocessing,
        dimension: int,
        longest: int,
        rules: Callable[[], dict[str, object]],
    ):
        """Put an encoder together.

        Args:
            checkpoint: the checkpoint, for saving and for the fingerprint.
            module: the graph.
            sizes: the image preprocessing.
            dimension: D, the length of a vector.
            longest: bytes of a text that count for the size of a batch.
            rules: a function that returns what decides the vectors beside the weights.
        """
        self._checkpoint, self.sizes, self._longest, self._rules = checkpoint, sizes, longest, rules
        self.module = module
        self.dimension = dimension
        self._embed_pixels = tf.function(
            lambda pixels: module.embed_pixels(pixels), input_signature=[module.pixel_spec()], autograph=False
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._checkpoint.fingerprint(self._rules())

    @property
    def described(self) -> dict[str, object]:
        """The settings of the towers and of the image preprocessing."""
        rules = {"images" if name == "pictures" else name: value for name, value in self._rules().items()}
        return {name: value for name, value in rules.items() if name != "tokenizer"}

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, self._longest, self._embed_text)

    def encode_document(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; these models have no prompts, so documents are encoded as queries."""
        return self.encode_text(texts)

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
            vectors[start : start + len(batch)] = self.encode_pixels(pixels)
        return vectors

    def encode_pixels(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return float32 [B, D] of one batch of images that `crop_image` cropped, uint8 [B, S, S, 3]."""
        vectors: npt.NDArray[np.float32] = self._embed_pixels(tf.constant(pixels)).numpy()
        return vectors

    def _crop(self, position: int, image: bytes | Image.Image) -> npt.NDArray[np.uint8]:
        if isinstance(image, Image.Image):
            return crop_image(_to_rgb(position, image), self.sizes)
        if not isinstance(image, bytes):
            raise DataError(f"images[{position}]: expected bytes or a Pillow image, got {type(image).__name__}")
        try:
            return crop_image(decode_image(image), self.sizes)
        except UndecodableImage as error:
            raise UndecodableImage(f"images[{position}]: {error}") from error

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        self._checkpoint.save(directory)

    def tensor(self, name: str, default: float) -> float:
        """Return a number that the checkpoint has beside the towers, such as `logit_scale`."""
        tensors = self._checkpoint.tensors
        return float(tensors[name].reshape(-1)[0]) if name in tensors else default

    def trained_checkpoint(self, numbers: Mapping[str, float]) -> Checkpoint:
        """Return the checkpoint with the present weights of an encoder in training.

        `numbers` are those beside the towers, as `tensor` returns them; the checkpoint keeps the ones that it has.
        """
        source = self._checkpoint.tensors
        trained = self._trained_tensors()
        trained |= {name: np.full_like(source[name], value) for name, value in numbers.items() if name in source}
        return dataclasses.replace(self._checkpoint, tensors=ChainMap(trained, dict(source)))

    def _trained_tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        return module_tensors(self.module)
