"""CLIP's image preprocessing with Pillow and in the graph: bicubic resize, centre crop, rescaling, normalisation.

Pillow's bicubic filter and TensorFlow's with `antialias=True` have the same kernel (Keys 1981, a = −0.5, widened for
downscaling). They differ in rounding only.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image
from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError, model_validator

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.errors import DataError

FILE: Final = "preprocessor_config.json"
MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
STD: Final = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of CLIP's training images by channel (Radford et al. 2021, the released preprocessing)."""

MAX_ASPECT_RATIO: Final = 32
"""Images with a greater ratio of their sides are cropped to this ratio around the centre, since resizing a thin line
by its shorter side would give a huge image."""


class Preprocessing(BaseModel):
    """Fields of `preprocessor_config.json` that affect the computation."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    shortest_edge: int
    """Pixels of the shorter side after resizing."""
    crop: int
    """Pixels of each side of the square that is cut from the centre."""
    image_mean: tuple[float, float, float] = MEAN
    image_std: tuple[float, float, float] = STD

    @model_validator(mode="before")
    @classmethod
    def _sizes(cls, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Read both forms in use: `224`, and `{"shortest_edge": 224}` with `{"height": 224, "width": 224}`."""
        size, crop = fields.pop("size", None), fields.pop("crop_size", None)
        if isinstance(size, dict):
            size = size.get("shortest_edge")
        if isinstance(crop, dict):
            crop = crop.get("height") if crop.get("height") == crop.get("width") else None
        return {"shortest_edge": size, "crop": crop} | fields

    def as_file(self) -> dict[str, object]:
        """Return the content of `preprocessor_config.json`, which `transformers` reads too."""
        return {
            "image_processor_type": "CLIPImageProcessor",
            "size": {"shortest_edge": self.shortest_edge},
            "crop_size": {"height": self.crop, "width": self.crop},
            "resample": int(Image.Resampling.BICUBIC),
            "image_mean": list(self.image_mean),
            "image_std": list(self.image_std),
            **_steps(),
        }


def _steps() -> dict[str, bool]:
    return {f"do_{step}": True for step in ("resize", "center_crop", "rescale", "normalize")}


def preprocessing(checkpoint: Checkpoint, config: ClipConfig) -> Preprocessing:
    """Read `preprocessor_config.json`, or return CLIP's preprocessing without that file.

    Raises:
        DataError: the sizes do not fit the model, or a step is not supported.
    """
    size = config.vision_config.image_size
    if FILE not in checkpoint.files:
        return Preprocessing(shortest_edge=size, crop=size)
    fields = checkpoint.json(FILE)
    where = f"{checkpoint.origin}/{FILE}"
    for key, value in {"resample": Image.Resampling.BICUBIC, "rescale_factor": 1 / 255, **_steps()}.items():
        if fields.get(key, value) != value:
            raise DataError(f"{where}: {key} {fields[key]} is not supported; CLIP's is {value}")
    try:
        sizes = Preprocessing.model_validate({"size": size, "crop_size": size} | fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{where}: {first['loc'][0]}: {first['msg']}") from None
    if sizes.crop != size:
        raise DataError(f"{where}: crops to {sizes.crop} pixels, but config.json has image_size {size}")
    return sizes


def crop_image(image: Image.Image, sizes: Preprocessing) -> npt.NDArray[np.uint8]:
    """Resize and crop an RGB image with Pillow, to uint8 [crop, crop, 3]."""
    short = min(image.size)
    left, top = (max(side - MAX_ASPECT_RATIO * short, 0) // 2 for side in image.size)
    image = image.crop((left, top, image.width - left, image.height - top))
    wide, high = (side * sizes.shortest_edge // short for side in image.size)
    resized = image.resize((wide, high), Image.Resampling.BICUBIC)
    left, top = (wide - sizes.crop) // 2, (high - sizes.crop) // 2
    # Where the crop is larger than the image, Pillow fills with black, as CLIP's processor does.
    return np.asarray(resized.crop((left, top, left + sizes.crop, top + sizes.crop)))


def crop_bytes(image_bytes: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Decode, resize and crop one image in the graph: a string scalar to float32 [crop, crop, 3], 0 to 255.

    Formats are JPEG, PNG, GIF (the first frame), BMP and WebP. Unlike `decode_image`, TensorFlow ignores EXIF
    orientation, reads a BMP's palette numbers instead of its colours, keeps the upper byte of 16 bits, and does not
    decode animated WebP.

    Raises:
        tf.errors.InvalidArgumentError: when run, if the bytes are not an image of these formats.
    """
    image = _opaque(tf.io.decode_image(_still(image_bytes), expand_animations=False))
    sides = tf.shape(image)[:2]
    short = tf.reduce_min(sides)
    margin = tf.maximum(sides - MAX_ASPECT_RATIO * short, 0) // 2
    sides -= 2 * margin
    image = tf.slice(image, tf.concat([margin, [0]], axis=0), tf.concat([sides, [3]], axis=0))
    resized = tf.image.resize(image, sides * sizes.shortest_edge // short, "bicubic", antialias=True)
    cropped = tf.image.resize_with_crop_or_pad(resized, sizes.crop, sizes.crop)
    return tf.round(tf.clip_by_value(cropped, 0.0, 255.0))


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
    return (tf.cast(pixels, tf.float32) / 255.0 - tf.constant(sizes.image_mean)) / tf.constant(sizes.image_std)
