"""Image preprocessing with Pillow and in the graph: resizing, centre crop, rescaling, normalisation.

Pillow's filters and TensorFlow's with `antialias=True` have the same kernels: the triangle, Keys' cubic (1981, with
a = −0.5) and Lanczos' with three lobes, widened for downscaling. They differ in rounding only.
"""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt

MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
STD: Final = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of CLIP's training images by channel (Radford et al. 2021, the released preprocessing)."""

FILTERS: Final = {
    "bicubic": (Image.Resampling.BICUBIC, "bicubic"),
    "bilinear": (Image.Resampling.BILINEAR, "bilinear"),
    "lanczos": (Image.Resampling.LANCZOS, "lanczos3"),
}
"""Pillow's and TensorFlow's filter of each interpolation."""

MAX_ASPECT_RATIO: Final = 32
"""Images with a greater ratio of their sides are cropped to this ratio around the centre, since resizing a thin line
by its shorter side would give a huge image."""


class Preprocessing(BaseModel):
    """The steps from an RGB image to a model's input, with CLIP's defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shortest_edge: PositiveInt
    """Pixels of the shorter side after resizing."""
    crop: PositiveInt
    """Pixels of each side of the square that is cut from the centre."""
    image_mean: tuple[float, float, float] = MEAN
    image_std: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = STD
    resize: Literal["ratio", "square"] = "ratio"
    """`square` resizes both sides to `shortest_edge`, without regard to the ratio of the sides."""
    interpolation: Literal["bicubic", "bilinear", "lanczos"] = "bicubic"
    rescale_factor: PositiveFloat = 1 / 255
    crop_rounding: Literal["down", "even"] = "down"
    """Rounding of half pixels in the place of the crop: `transformers` rounds down, torchvision to the even pixel."""

    def rules(self) -> dict[str, object]:
        """Return the fields for the encoder's fingerprint; those after `image_std` only where they are not CLIP's."""
        first = self.model_dump(include={"shortest_edge", "crop", "image_mean", "image_std"})
        return first | self.model_dump(exclude_defaults=True, exclude=set(first))


def crop_image(image: Image.Image, sizes: Preprocessing) -> npt.NDArray[np.uint8]:
    """Resize and crop an RGB image with Pillow, to uint8 [crop, crop, 3]."""
    wide, high = sizes.shortest_edge, sizes.shortest_edge
    if sizes.resize == "ratio":
        short = min(image.size)
        left, top = (max(side - MAX_ASPECT_RATIO * short, 0) // 2 for side in image.size)
        image = image.crop((left, top, image.width - left, image.height - top))
        wide, high = (side * sizes.shortest_edge // short for side in image.size)
    resized = image.resize((wide, high), FILTERS[sizes.interpolation][0])
    left, top = (_start(side - sizes.crop, sizes) for side in (wide, high))
    # Where the crop is larger than the image, Pillow fills with black, as the processors of CLIP do.
    return np.asarray(resized.crop((left, top, left + sizes.crop, top + sizes.crop)))


def _start(spare: int, sizes: Preprocessing) -> int:
    return spare // 2 if sizes.crop_rounding == "down" else round(spare / 2)


def crop_bytes(image_bytes: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Decode, resize and crop one image in the graph: a string scalar to float32 [crop, crop, 3], 0 to 255.

    Formats are JPEG, PNG, GIF (the first frame), BMP and WebP. Unlike `decode_image`, TensorFlow ignores EXIF
    orientation, reads a BMP's palette numbers instead of its colours, keeps the upper byte of 16 bits, and does not
    decode animated WebP.

    Raises:
        tf.errors.InvalidArgumentError: when run, if the bytes are not an image of these formats.
    """
    image = _opaque(tf.io.decode_image(_still(image_bytes), expand_animations=False))
    size: tf.Tensor = tf.constant([sizes.shortest_edge] * 2)
    if sizes.resize == "ratio":
        sides = tf.shape(image)[:2]
        short = tf.reduce_min(sides)
        margin = tf.maximum(sides - MAX_ASPECT_RATIO * short, 0) // 2
        sides -= 2 * margin
        image = tf.slice(image, tf.concat([margin, [0]], axis=0), tf.concat([sides, [3]], axis=0))
        size = sides * sizes.shortest_edge // short
    resized = tf.image.resize(image, size, FILTERS[sizes.interpolation][1], antialias=True)
    return tf.round(tf.clip_by_value(_crop(resized, size, sizes), 0.0, 255.0))


def _crop(image: tf.Tensor, size: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    spare = size - sizes.crop
    # tf.round rounds half to even.
    start = spare // 2 if sizes.crop_rounding == "down" else tf.cast(tf.round(tf.cast(spare, tf.float32) / 2), tf.int32)
    before = tf.maximum(-start, 0)
    after = tf.maximum(sizes.crop - before - size, 0)
    padded = tf.pad(image, tf.concat([tf.stack([before, after], axis=1), [[0, 0]]], axis=0))
    corner = tf.concat([tf.maximum(start, 0), [0]], axis=0)
    return tf.ensure_shape(tf.slice(padded, corner, [sizes.crop, sizes.crop, 3]), [sizes.crop, sizes.crop, 3])


def _still(image_bytes: tf.Tensor) -> tf.Tensor:
    """Refuse an animated WebP, since TensorFlow 2.21 writes beyond its buffers when it decodes the first frame."""
    header = tf.strings.substr(tf.strings.join([image_bytes, "\0" * 21]), 0, 21)
    extended = (tf.strings.substr(header, 0, 4) == "RIFF") & (tf.strings.substr(header, 8, 8) == "WEBPVP8X")
    flags = tf.io.decode_raw(tf.strings.substr(header, 20, 1), tf.uint8)[0]
    animated = extended & (tf.bitwise.bitwise_and(flags, tf.constant(2, tf.uint8)) != 0)
    with tf.control_dependencies([tf.debugging.assert_equal(animated, False, "an animated WebP is not supported")]):
        return tf.identity(image_bytes)


def _opaque(image: tf.Tensor) -> tf.Tensor:
    """Blend uint8 [H, W, 1 to 4] (grey, grey and alpha, RGB, RGBA) with white, to float32 [H, W, 3]."""
    pixels = tf.cast(image, tf.float32)
    size, channels = tf.shape(pixels)[:2], tf.shape(pixels)[2]
    has_alpha = channels % 2 == 0
    color = tf.broadcast_to(pixels[..., : channels - tf.cast(has_alpha, tf.int32)], tf.concat([size, [3]], axis=0))
    alpha = tf.where(has_alpha, pixels[..., -1:], 255.0) / 255.0
    return color * alpha + 255.0 * (1.0 - alpha)


def normalise(pixels: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Normalise pixels [..., 3] of 0 to 255 by the model's mean and deviation, to float32."""
    rescaled = tf.cast(pixels, tf.float32) / (1 / sizes.rescale_factor)
    return (rescaled - tf.constant(sizes.image_mean)) / tf.constant(sizes.image_std)
