import io

import numpy as np
from PIL import Image

from tests.vitrine.tuning.image_text.shop import COLORS, image
from vitrine.tuning.image_text.duplicates import contents, near_duplicates


def photograph(seed: int) -> Image.Image:
    """Draw smooth noise."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC)


def as_jpeg(original: Image.Image) -> Image.Image:
    file = io.BytesIO()
    original.save(file, "JPEG", quality=70)
    return Image.open(file)


def stacked(*images: Image.Image) -> np.ndarray:
    return np.stack([np.asarray(each) for each in images])


def test_equal_images_have_one_row_and_unreadable_ones_none():
    pixels = stacked(photograph(0), photograph(1), photograph(0), photograph(2))
    rows = contents(pixels, np.array([True, True, True, False]))
    assert rows.tolist() == [0, 1, 0, -1]


def test_a_photograph_is_found_again_in_another_encoding_and_size():
    first = photograph(0)
    smaller = first.resize((50, 50), Image.Resampling.LANCZOS).resize((64, 64), Image.Resampling.BICUBIC)
    pixels = stacked(first, photograph(1), as_jpeg(first), smaller)
    assert near_duplicates(pixels, np.arange(4)).tolist() == [[0, 2], [0, 3], [2, 3]]


def test_photographs_of_different_things_are_no_duplicates():
    pixels = stacked(*(photograph(seed) for seed in range(40)))
    assert len(near_duplicates(pixels, np.arange(40))) == 0


def test_the_same_shape_in_another_colour_is_another_image():
    pixels = stacked(*(image(color, "wide", "mug") for color in COLORS))
    assert len(near_duplicates(pixels, np.arange(len(COLORS)))) == 0
