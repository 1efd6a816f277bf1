"""Pixels, with Pillow and in the graph, against those of transformers."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from vitrine.encoders.images.preprocessing import Preprocessing, crop_bytes, crop_image, normalise

CLIP = Preprocessing(shortest_edge=224, crop=224)


def noise(wide: int, high: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (high, wide, 3), dtype=np.uint8)


@pytest.mark.parametrize(("wide", "high"), [(640, 480), (481, 641), (224, 224), (30, 50), (1000, 37), (223, 225)])
def test_pixels_are_those_of_transformers(reference, wide, high):
    pixels = noise(wide, high)
    expected = reference("clip.pixels", image=pixels)
    ours = normalise(crop_image(Image.fromarray(pixels), CLIP), CLIP).numpy().transpose(2, 0, 1)
    np.testing.assert_allclose(ours, expected, atol=1e-5)


SETTINGS = [
    ({"resample": 2}, {"interpolation": "bilinear"}),
    ({"resample": 1}, {"interpolation": "lanczos"}),
    ({"size": {"shortest_edge": 40}}, {"shortest_edge": 40}),
    ({"size": {"shortest_edge": 25}}, {"shortest_edge": 25}),  # black around it
    ({"size": {"height": 32, "width": 32}}, {"resize": "square"}),
    ({"size": {"height": 37, "width": 37}}, {"resize": "square", "shortest_edge": 37}),
    ({"do_rescale": False}, {"rescale_factor": 1.0}),
    ({"rescale_factor": 1 / 127.5}, {"rescale_factor": 1 / 127.5}),
    ({"do_normalize": False}, {"image_mean": (0, 0, 0), "image_std": (1, 1, 1)}),
    ({"image_mean": [0.5, 0.4, 0.3], "image_std": [0.5] * 3}, {"image_mean": (0.5, 0.4, 0.3), "image_std": (0.5,) * 3}),
]


@pytest.mark.parametrize(("theirs", "ours"), SETTINGS)
@pytest.mark.parametrize(("wide", "high"), [(64, 48), (45, 60), (20, 31)])
def test_every_setting_computes_what_transformers_computes(reference, theirs, ours, wide, high):
    pixels = noise(wide, high)
    fields = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}} | theirs
    sizes = Preprocessing(**{"shortest_edge": 32, "crop": 32} | ours)
    expected = reference("clip.pixels", image=pixels, processor=fields)
    found = normalise(crop_image(Image.fromarray(pixels), sizes), sizes).numpy().transpose(2, 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("ours", [{}, {"crop_rounding": "even"}, *(ours for _, ours in SETTINGS)])
@pytest.mark.parametrize(("wide", "high"), [(64, 48), (45, 60), (61, 32), (32, 75)])
def test_the_graph_computes_what_pillow_does(ours, wide, high):
    sizes = Preprocessing(**{"shortest_edge": 32, "crop": 32} | ours)
    image = Image.fromarray(noise(7, 5)).resize((wide, high), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "PNG")
    in_graph = crop_bytes(tf.constant(file.getvalue()), sizes).numpy()
    difference = np.abs(in_graph - crop_image(image, sizes))
    assert difference.max() <= 2  # of 255; Pillow rounds between the two passes of its filter
    assert difference.mean() < 0.3


@pytest.mark.parametrize(("spare", "start"), [(1, 0), (3, 2), (5, 2), (4, 2)])
def test_half_pixels_are_rounded_to_even_as_torchvision_does(spare, start):
    image = Image.fromarray(np.repeat(np.arange(32 + spare, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(32, 0))
    sizes = Preprocessing(shortest_edge=32, crop=32, crop_rounding="even")
    assert crop_image(image, sizes)[0, 0, 0] == start


def test_a_line_of_pixels_is_not_blown_up():
    assert crop_image(Image.new("RGB", (60_000, 1), "red"), CLIP).shape == (224, 224, 3)


def test_the_rules_of_clip_s_own_steps_are_the_sizes_and_the_colours():
    assert CLIP.rules().keys() == {"shortest_edge", "crop", "image_mean", "image_std"}
    assert Preprocessing(shortest_edge=2, crop=2, resize="square").rules()["resize"] == "square"
