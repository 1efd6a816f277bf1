"""The files of image processors, in current and older versions of transformers."""

import json

import pytest

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.encoders.images.processor import FILE, PROCESSOR, processor_file, read_preprocessing
from vitrine.errors import DataError

OWN = Preprocessing(shortest_edge=224, crop=224)


def read(fields: dict | None, size: int = 224, nested: dict | None = None) -> Preprocessing:
    files = {FILE: fields, PROCESSOR: nested}
    given = {name: json.dumps(content).encode() for name, content in files.items() if content is not None}
    return read_preprocessing(Checkpoint("here", given, {}), size)


def test_without_a_file_it_is_clip_s_own():
    assert read(None, size=336) == Preprocessing(shortest_edge=336, crop=336)


@pytest.mark.parametrize(
    "sizes",
    [
        OWN,
        Preprocessing(shortest_edge=256, crop=224, interpolation="bilinear", crop_rounding="even"),
        Preprocessing(shortest_edge=224, crop=224, resize="square", rescale_factor=1.0, image_mean=(0.5,) * 3),
    ],
)
def test_a_written_file_reads_as_the_same_steps(sizes):
    assert read(processor_file(sizes)) == sizes


@pytest.mark.parametrize(
    "fields",
    [
        {"size": 224, "crop_size": 224},
        {"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}},
        {"crop_size": 224, "image_mean": [0.48145466, 0.4578275, 0.40821073]},
        {"feature_extractor_type": "CLIPFeatureExtractor", "do_resize": True, "size": 224},
        {"image_processor_type": "CLIPImageProcessorFast", "do_pad": None, "device": None, "input_data_format": None},
        {"size": {"shortest_edge": 224, "longest_edge": None}, "default_to_square": False, "do_convert_rgb": True},
        {},
    ],
)
def test_every_form_in_circulation_is_read(fields):
    assert read(fields) == OWN


def test_the_processor_of_transformers_5_counts_before_the_older_file():
    nested = {"processor_class": "CLIPProcessor", "image_processor": {"image_mean": [0.5] * 3}}
    assert read({"image_std": [0.1] * 3}, nested=nested) == OWN.model_copy(update={"image_mean": (0.5,) * 3})
    assert read({"image_std": [0.1] * 3}, nested={"processor_class": "CLIPProcessor"}).image_std == (0.1,) * 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": {"height": 224, "width": 200}}, "size {'height': 224, 'width': 200} is not supported"),
        ({"size": {"shortest_edge": 224, "longest_edge": 300}}, "size {'shortest_edge': 224, 'longest_edge': 300} is"),
        ({"size": {"shortest_edge": "big"}}, "size.shortest_edge: expected a positive whole number, found 'big'"),
        ({"crop_size": {"height": 224, "width": 200}}, "crop_size {'height': 224, 'width': 200} is not supported"),
        ({"crop_size": 200}, "makes images of 200 pixels, but config.json has image_size 224"),
        ({"resample": 5}, "resample 5 is not supported; 3 (bicubic), 2 (bilinear), 1 (lanczos) are"),
        ({"resample": [3]}, "resample [3] is not supported; 3 (bicubic), 2 (bilinear), 1 (lanczos) are"),
        ({"resample": "bicubic"}, "resample bicubic is not supported; 3 (bicubic), 2 (bilinear), 1 (lanczos) are"),
        ({"do_resize": False}, "do_resize False is not supported; True is"),
        ({"do_center_crop": False}, "do_center_crop False leaves images that are not square"),
        ({"do_pad": True}, "do_pad True is not supported; False is"),
        ({"image_mean": [0.5]}, "image_mean"),
        ({"image_std": [0.5, 0.0, 0.5]}, "image_std"),
        ({"do_sharpen": True}, "'do_sharpen' (True) is not known and may change what is computed"),
        ({"image_processor_type": "ViTImageProcessor"}, "image_processor_type 'ViTImageProcessor' is not supported"),
    ],
)
def test_steps_that_are_not_supported_are_refused(fields, message):
    with pytest.raises(DataError) as raised:
        read(fields)
    assert f"here/{FILE}: {message}" in str(raised.value)
    with pytest.raises(DataError) as raised:
        read(None, nested={"image_processor": fields})
    assert f"here/{PROCESSOR}: image_processor: {message}" in str(raised.value)


def test_a_processor_with_more_parts_than_images_and_texts_is_refused():
    with pytest.raises(DataError, match=r"processor_config\.json: 'video_processor' .* is not known"):
        read(None, nested={"video_processor": {}})
