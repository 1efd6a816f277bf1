"""CLIP's image preprocessing against that of transformers."""

import json

import numpy as np
import pytest
from PIL import Image

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.encoders.clip.preprocessing import FILE, Preprocessing, crop_image, normalise, preprocessing
from vitrine.errors import DataError


def read(fields: dict | None, size: int = 224) -> Preprocessing:
    files = {} if fields is None else {FILE: json.dumps(fields).encode()}
    return preprocessing(Checkpoint("here", files, {}), ClipConfig(vision_config={"image_size": size}))


@pytest.mark.parametrize(("wide", "high"), [(640, 480), (481, 641), (224, 224), (30, 50), (1000, 37), (223, 225)])
def test_pixels_are_those_of_transformers(reference, wide, high):
    pixels = np.random.default_rng(0).integers(0, 256, (high, wide, 3), dtype=np.uint8)
    sizes = read({"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}})
    expected = reference("clip.pixels", image=pixels)
    ours = normalise(crop_image(Image.fromarray(pixels), sizes), sizes).numpy().transpose(2, 0, 1)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_a_line_of_pixels_is_not_blown_up():
    assert crop_image(Image.new("RGB", (60_000, 1), "red"), read(None)).shape == (224, 224, 3)


def test_without_a_file_it_is_clip_s_own():
    sizes = read(None, size=336)
    assert (sizes.shortest_edge, sizes.crop) == (336, 336)
    assert read(sizes.as_file(), size=336) == sizes


@pytest.mark.parametrize(
    "fields",
    [
        {"size": 224, "crop_size": 224},
        {"size": {"shortest_edge": 224}, "crop_size": {"height": 224, "width": 224}},
        {"crop_size": 224, "image_mean": [0.48145466, 0.4578275, 0.40821073]},
        {},
    ],
)
def test_every_form_in_circulation_is_read(fields):
    assert read(fields) == read(None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": {"height": 224, "width": 224}}, "shortest_edge: "),
        ({"crop_size": {"height": 224, "width": 200}}, "crop: "),
        ({"crop_size": 200}, "crops to 200 pixels, but config.json has image_size 224"),
        ({"resample": 2}, "resample 2 is not supported"),
        ({"do_center_crop": False}, "do_center_crop False is not supported"),
        ({"image_mean": [0.5]}, "image_mean"),
    ],
)
def test_preprocessing_unlike_clips_is_refused(fields, message):
    with pytest.raises(DataError) as raised:
        read(fields)
    assert f"here/{FILE}: {message}" in str(raised.value)
