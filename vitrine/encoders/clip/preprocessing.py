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
        """Read both forms in circulation: `224`, and `{"shortest_edge": 224}`, `{"height": 224, "width": 224}`."""
        size, crop = fields.pop("size", None), fields.pop("crop_size", None)
        if isinstance(size, dict):
            size = size.get("shortest_edge") or size.get("height")
        if isinstance(crop, dict):
            crop = crop["height"] if crop.get("height") == crop.get("width") else None
        return {"shortest_edge": size, "crop": crop or size} | fields

    def as_file(self) -> dict[str, Any]:
        """Return what `preprocessor_config.json` holds, for `transformers` to read as well."""
        return {
            "image_processor_type": "CLIPImageProcessor",
            "size": {"shortest_edge": self.shortest_edge},
            "crop_size": {"height": self.crop, "width": self.crop},
            "resample": int(Image.Resampling.BICUBIC),
            "image_mean": list(self.image_mean),
            "image_std": list(self.image_std),
            **{f"do_{step}": True for step in ("resize", "center_crop", "rescale", "normalize", "convert_rgb")},
        }


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
    if fields.get("resample", Image.Resampling.BICUBIC) != Image.Resampling.BICUBIC:
        raise DataError(f"{where}: resample {fields['resample']} is not supported; CLIP's is 3, bicubic")
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
    width, height = picture.size
    scale = sizes.shortest_edge / min(width, height)
    wide, high = (max(int(side * scale), sizes.shortest_edge) for side in (width, height))
    resized = picture.resize((wide, high), Image.Resampling.BICUBIC)
    left, top = (wide - sizes.crop) // 2, (high - sizes.crop) // 2
    # Beyond the picture, where the crop is the larger, Pillow fills with black as CLIP's processor does.
    return np.asarray(resized.crop((left, top, left + sizes.crop, top + sizes.crop)))


def crop_bytes(image_bytes: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Decode, resize and crop one picture in the graph: a string scalar to float32 [crop, crop, 3], 0 to 255.

    TensorFlow decodes JPEG, PNG, GIF (the first frame), BMP and WebP. It drops an alpha channel instead of laying the
    picture on white, and ignores EXIF orientation: turn such pictures upright and opaque before they are sent.
    """
    picture = tf.io.decode_image(image_bytes, channels=3, expand_animations=False)
    picture.set_shape([None, None, 3])
    shape = tf.shape(picture)[:2]
    scale = tf.cast(sizes.shortest_edge, tf.float64) / tf.cast(tf.reduce_min(shape), tf.float64)
    target = tf.maximum(tf.cast(tf.cast(shape, tf.float64) * scale, tf.int32), sizes.shortest_edge)
    resized = tf.image.resize(picture, target, method="bicubic", antialias=True)
    cropped = tf.image.resize_with_crop_or_pad(resized, sizes.crop, sizes.crop)
    return tf.round(tf.clip_by_value(cropped, 0.0, 255.0))


def normalise(pixels: tf.Tensor, sizes: Preprocessing) -> tf.Tensor:
    """Scale pixels [..., 3] of 0 to 255 to float32 of the model's mean and deviation."""
    return (tf.cast(pixels, tf.float32) / 255.0 - tf.constant(sizes.image_mean)) / tf.constant(sizes.image_std)
