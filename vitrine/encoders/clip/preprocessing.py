"""CLIP's picture preprocessing: bicubic resize, centre crop, rescale, normalise; with Pillow, and in the graph.

Pillow's bicubic filter and TensorFlow's with `antialias=True` are the same kernel (Keys 1981, a = −0.5, widened when
shrinking); they differ in rounding only.
"""

from typing import Any, Final

import numpy as np
import tensorflow as tf
from PIL import Image
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.errors import DataError

FILE: Final = "preprocessor_config.json"
MEAN: Final = (0.48145466, 0.4578275, 0.40821073)
STD: Final = (0.26862954, 0.26130258, 0.27577711)
"""Mean and deviation of CLIP's own training pictures, by channel (Radford et al. 2021, the released preprocessing)."""

SLIMMEST: Final = 32
"""Sides in a greater ratio are cut to this one around the centre, lest a line of pixels be blown up to a wall."""


class Preprocessing(BaseModel):
    """Fields of `preprocessor_config.json` that change what is computed."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    shortest_edge: int
    """Pixels of the shorter side after resizing."""
    crop: int
    """Pixels of each side of the square that is cut from the centre."""
    image_mean: tuple[float, float, float] = MEAN
    image_std: tuple[float, float, float] = STD

    @model_validator(mode="before")
    @classmethod
    def _sizes(cls, fields: dict[str, Any]) -> dict[str, Any]:
        """Read both forms in circulation: `224`, and `{"shortest_edge": 224}` with `{"height": 224, "width": 224}`."""
        size, crop = fields.pop("size", None), fields.pop("crop_size", None)
        if isinstance(size, dict):
            size = size.get("shortest_edge")
        if isinstance(crop, dict):
            crop = crop.get("height") if crop.get("height") == crop.get("width") else None
        return {"shortest_edge": size, "crop": crop} | fields

    def as_file(self) -> dict[str, Any]:
        """Return what `preprocessor_config.json` holds, for `transformers` to read as well."""
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
    """Read `preprocessor_config.json`; CLIP's own preprocessing where there is none.

    Raises:
        DataError: its sizes do not fit the model, or it asks for another resampling filter.
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
        found = Preprocessing.model_validate({"size": size, "crop_size": size} | fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise DataError(f"{where}: {first['loc'][0]}: {first['msg']}") from None
    if found.crop != size:
        raise DataError(f"{where}: crops to {found.crop} pixels, but config.json has image_size {size}")
    return found


def crop_picture(picture: Image.Image, sizes: Preprocessing) -> np.ndarray:
    """Resize and crop an RGB picture with Pillow: uint8 [crop, crop, 3]."""
    short = min(picture.size)
    left, top = (max(side - SLIMMEST * short, 0) // 2 for side in picture.size)
    picture = picture.crop((left, top, picture.width - left, picture.height - top))
    wide, high = (side * sizes.shortest_edge // short for side in picture.size)
    resized = picture.resize((wide, high), Image.Resampling.BICUBIC)
    left, top = (wide - sizes.crop) // 2, (high - sizes.crop) // 2
    # Beyond the picture, where the crop is the larger, Pillow fills with black as CLIP's processor does.
    return np.asarray(resized.crop((left, top, left + sizes.crop, top + sizes.crop)))


def crop_bytes(image_bytes: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Decode, resize and crop one picture in the graph: a string scalar to float32 [crop, crop, 3], 0 to 255.

    JPEG, PNG, GIF (the first frame), BMP and WebP. Unlike `decode_image`, TensorFlow ignores EXIF orientation, shows a
    BMP's palette numbers instead of its colours, keeps the upper byte of 16 bits, and cannot take an animated WebP.

    Raises:
        tf.errors.InvalidArgumentError: when run, if the bytes are no such picture.
    """
    picture = _opaque(tf.io.decode_image(_still(image_bytes), expand_animations=False))
    sides = tf.shape(picture)[:2]
    short = tf.reduce_min(sides)
    margin = tf.maximum(sides - SLIMMEST * short, 0) // 2
    sides -= 2 * margin
    picture = tf.slice(picture, tf.concat([margin, [0]], axis=0), tf.concat([sides, [3]], axis=0))
    resized = tf.image.resize(picture, sides * sizes.shortest_edge // short, "bicubic", antialias=True)
    cropped = tf.image.resize_with_crop_or_pad(resized, sizes.crop, sizes.crop)
    return tf.round(tf.clip_by_value(cropped, 0.0, 255.0))


def _still(image_bytes: tf.Tensor) -> tf.Tensor:
    """Refuse an animated WebP: TensorFlow 2.21 writes beyond its buffers when it decodes the first frame of one."""
    header = tf.strings.substr(tf.strings.join([image_bytes, "\0" * 21]), 0, 21)
    extended = (tf.strings.substr(header, 0, 4) == "RIFF") & (tf.strings.substr(header, 8, 8) == "WEBPVP8X")
    flags = tf.io.decode_raw(tf.strings.substr(header, 20, 1), tf.uint8)[0]
    animated = extended & (tf.bitwise.bitwise_and(flags, tf.constant(2, tf.uint8)) != 0)
    with tf.control_dependencies([tf.debugging.assert_equal(animated, False, "an animated WebP is not supported")]):
        return tf.identity(image_bytes)


def _opaque(picture: tf.Tensor) -> tf.Tensor:
    """Lay uint8 [H, W, 1 to 4] (grey, grey and alpha, RGB, RGBA) on white: float32 [H, W, 3]."""
    pixels = tf.cast(picture, tf.float32)
    size, channels = tf.shape(pixels)[:2], tf.shape(pixels)[2]
    has_alpha = channels % 2 == 0
    color = tf.broadcast_to(pixels[..., : channels - tf.cast(has_alpha, tf.int32)], tf.concat([size, [3]], axis=0))
    alpha = tf.where(has_alpha, pixels[..., -1:], 255.0) / 255.0
    return color * alpha + 255.0 * (1.0 - alpha)


def normalise(pixels: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Scale pixels [..., 3] of 0 to 255 to float32 of the model's mean and deviation."""
    return (tf.cast(pixels, tf.float32) / 255.0 - tf.constant(sizes.image_mean)) / tf.constant(sizes.image_std)
