"""Image processors of `transformers`: `preprocessor_config.json`, and `processor_config.json` of its version 5."""

from typing import Final, Literal, NamedTuple

from PIL import Image

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import json_object, positive_int, validated
from vitrine.encoders.images.preprocessing import MEAN, STD, Preprocessing
from vitrine.encoders.known_fields import optional_json, require_known, require_values
from vitrine.errors import DataError

FILE: Final = "preprocessor_config.json"
PROCESSOR: Final = "processor_config.json"
NESTED: Final = "image_processor"

STEPS: Final = tuple(f"do_{step}" for step in ("resize", "center_crop", "rescale", "normalize"))
KNOWN: Final = frozenset(
    {
        *STEPS,
        *("size", "crop_size", "default_to_square", "resample"),
        *("rescale_factor", "image_mean", "image_std", "crop_rounding"),
    }
)
"""Fields that are read; `crop_rounding` is Vitrine's own, for checkpoints that open_clip has trained."""
HARMLESS: Final = frozenset(
    {
        *("image_processor_type", "feature_extractor_type", "processor_class", "_processor_class"),
        *("_valid_processor_keys", "transformers_version", "data_format", "input_data_format", "return_tensors"),
        *("device", "disable_grouping", "do_convert_rgb", "image_seq_length"),
    }
)
"""Fields of an image processor that do not change the pixels of an RGB image."""
INTERPOLATIONS: Final = {
    int(Image.Resampling.BICUBIC): "bicubic",
    int(Image.Resampling.BILINEAR): "bilinear",
    int(Image.Resampling.LANCZOS): "lanczos",
}


class Processor(NamedTuple):
    """A family's image processor: the names of its class, and the fields that its class sets where a file does not."""

    classes: tuple[str, ...]
    defaults: Json


CLIP: Final = Processor(
    ("CLIPImageProcessor", "CLIPFeatureExtractor"),
    {
        **dict.fromkeys(STEPS, True),
        "resample": 3,
        "rescale_factor": 1 / 255,
        "image_mean": MEAN,
        "image_std": STD,
        "default_to_square": False,
    },
)


def read_preprocessing(checkpoint: Checkpoint, image_size: int, processor: Processor = CLIP) -> Preprocessing:
    """Read the checkpoint's image processor; without a file, it is that of the family's class.

    Args:
        checkpoint: the checkpoint.
        image_size: pixels of each side of the vision tower's input.
        processor: the family's image processor.

    Raises:
        DataError: the sizes do not fit the model, or a field asks for a step that is not supported.
    """
    where, given = _fields(checkpoint)
    require_known(given, where, KNOWN, {"do_pad": False, "use_square_size": False}, HARMLESS)
    for key in ("image_processor_type", "feature_extractor_type"):
        kind = str(given.get(key) or processor.classes[0])
        if kind.removesuffix("Fast").removesuffix("Pil") not in processor.classes:
            raise DataError(f"{where}: {key} '{kind}' is not supported; {processor.classes[0]} is")
    fields = {**processor.defaults, **{key: value for key, value in given.items() if value is not None}}
    require_values(fields, where, {"do_resize": True})
    edge, resize = _size(fields.get("size", image_size), where, fields.get("default_to_square"))
    crop = _crop_size(fields.get("crop_size", image_size), where) if fields["do_center_crop"] else edge
    if not fields["do_center_crop"] and resize == "ratio":
        raise DataError(f"{where}: do_center_crop False leaves images that are not square; the model takes squares")
    if crop != image_size:
        raise DataError(f"{where}: makes images of {crop} pixels, but config.json has image_size {image_size}")
    if not isinstance(fields["resample"], int) or fields["resample"] not in INTERPOLATIONS:
        names = ", ".join(f"{number} ({name})" for number, name in INTERPOLATIONS.items())
        raise DataError(f"{where}: resample {fields['resample']} is not supported; {names} are")
    read = {
        "shortest_edge": edge,
        "crop": crop,
        "resize": resize,
        "interpolation": INTERPOLATIONS[fields["resample"]],
        "rescale_factor": fields["rescale_factor"] if fields["do_rescale"] else 1.0,
        "image_mean": fields["image_mean"] if fields["do_normalize"] else (0.0,) * 3,
        "image_std": fields["image_std"] if fields["do_normalize"] else (1.0,) * 3,
    }
    own = {key: fields[key] for key in ("crop_rounding",) if key in fields}
    return validated(Preprocessing, read | own, where)


def _fields(checkpoint: Checkpoint) -> tuple[str, Json]:
    """Return the place and the fields of the image processor; `transformers` prefers the nested ones."""
    if PROCESSOR in checkpoint.files:
        where, fields = f"{checkpoint.origin}/{PROCESSOR}", checkpoint.json(PROCESSOR)
        require_known(fields, where, {NESTED}, {}, {"processor_class", "_processor_class"})
        if fields.get(NESTED) is not None:
            place = f"{where}: {NESTED}"
            return place, json_object(fields[NESTED], place)
    return f"{checkpoint.origin}/{FILE}", optional_json(checkpoint, FILE)


def _size(size: object, where: str, square: object) -> tuple[int, Literal["ratio", "square"]]:
    """Return the pixels of the shorter side and the kind of resizing, of both forms in use: an object or a number.

    A number stands for both sides if `square`.
    """
    if isinstance(size, dict):
        sides = {key: value for key, value in size.items() if value is not None}
        if sides.keys() == {"shortest_edge"}:
            return positive_int(sides["shortest_edge"], f"{where}: size.shortest_edge"), "ratio"
        if sides.keys() == {"height", "width"} and sides["height"] == sides["width"]:
            return positive_int(sides["height"], f"{where}: size.height"), "square"
        raise DataError(f"{where}: size {sides} is not supported; 'shortest_edge', or equal 'height' and 'width' are")
    if not isinstance(square, bool):
        raise DataError(f"{where}: size {size} can mean two things; write it with 'height' and 'width'")
    return positive_int(size, f"{where}: size"), "square" if square else "ratio"


def _crop_size(crop: object, where: str) -> int:
    if isinstance(crop, dict):
        sides = {key: value for key, value in crop.items() if value is not None}
        if sides.keys() != {"height", "width"} or sides["height"] != sides["width"]:
            raise DataError(f"{where}: crop_size {sides} is not supported; equal 'height' and 'width' are")
        crop = sides["height"]
    return positive_int(crop, f"{where}: crop_size")


def processor_file(sizes: Preprocessing, processor: Processor = CLIP) -> dict[str, object]:
    """Return the content of `preprocessor_config.json`, which `transformers` reads too.

    `transformers` does not know `crop_rounding`, so it may cut an image one pixel beside.
    """
    numbers = {name: number for number, name in INTERPOLATIONS.items()}
    square = {"height": sizes.shortest_edge, "width": sizes.shortest_edge}
    fields: dict[str, object] = {
        "image_processor_type": processor.classes[0],
        "size": {"shortest_edge": sizes.shortest_edge} if sizes.resize == "ratio" else square,
        "crop_size": {"height": sizes.crop, "width": sizes.crop},
        "resample": numbers[sizes.interpolation],
        "image_mean": list(sizes.image_mean),
        "image_std": list(sizes.image_std),
        **dict.fromkeys(STEPS, True),
    }
    defaults = Preprocessing(shortest_edge=sizes.shortest_edge, crop=sizes.crop)
    return fields | {
        name: getattr(sizes, name)
        for name in ("rescale_factor", "crop_rounding")
        if getattr(sizes, name) != getattr(defaults, name)
    }
