import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from vitrine.data.images.near_duplicates import COLORS, image_hash, join_groups, near_duplicate_groups

SEEDS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4)
FLIPS = st.lists(st.integers(0, 63), max_size=8)
GROUPINGS = st.integers(1, 12).flatmap(
    lambda count: st.lists(
        st.lists(st.integers(-1, 5), min_size=count, max_size=count).map(np.array), min_size=1, max_size=3
    )
)


@st.composite
def hashes(draw) -> np.ndarray:
    """Draw hashes of which some differ in few bits."""
    seeds = draw(SEEDS)
    drawn = []
    for flipped in draw(st.lists(FLIPS, min_size=1, max_size=25)):
        value = draw(st.sampled_from(seeds))
        for bit in flipped:
            value ^= 1 << bit
        drawn.append(value)
    return np.array(drawn, np.uint64)


def merged(count: int, pairs) -> list[int]:
    """Merge the groups of each pair, one pair after another; a group is numbered by its first thing's place."""
    group = list(range(count))
    for left, right in pairs:
        low, high = sorted((group[left], group[right]))
        group = [low if number == high else number for number in group]
    return [sorted(set(group)).index(number) for number in group]


def grey(count: int) -> np.ndarray:
    """Return equal colours of images."""
    return np.full((count, COLORS), 128, np.uint8)


def drawing(seed: int) -> Image.Image:
    """Draw some shapes in grey, so that the image is like no other."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (120, 90), "white")
    for _ in range(6):
        x, y = rng.integers(0, 80), rng.integers(0, 60)
        box = (x, y, x + rng.integers(10, 40), y + rng.integers(10, 30))
        ImageDraw.Draw(image).ellipse([int(side) for side in box], fill=(int(rng.integers(0, 200)),) * 3)
    return image


def test_an_image_in_another_size_and_compression_is_a_near_duplicate():
    images = [drawing(seed) for seed in range(20)]
    hashed = [image_hash(image) for image in images]
    for image in images:
        buffer = io.BytesIO()
        image.resize((70, 52)).save(buffer, "JPEG", quality=60)
        hashed.append(image_hash(Image.open(buffer)))
    bits, colors = zip(*hashed, strict=True)
    assert near_duplicate_groups(np.array(bits), np.array(colors)).tolist() == [*range(20), *range(20)]


def test_the_same_shape_in_another_colour_is_another_image():
    shapes = []
    for colour in ("red", "orange", "green", "blue", "red"):
        image = Image.new("RGB", (120, 90), "white")
        ImageDraw.Draw(image).ellipse((20, 20, 90, 70), fill=colour)
        shapes.append(image_hash(image))
    bits, colors = zip(*shapes, strict=True)
    assert near_duplicate_groups(np.array(bits), np.array(colors)).tolist() == [0, 1, 2, 3, 0]


@pytest.mark.parametrize("colour", ["white", "black", (200, 30, 90)])
def test_images_of_one_colour_have_no_bits(colour):
    assert image_hash(Image.new("RGB", (50, 70), colour)).bits == 0


@given(hashes(), st.integers(0, 8))
def test_groups_are_the_chains_of_images_within_the_distance(hashed, distance):
    count = len(hashed)
    pairs = [
        (left, right)
        for left in range(count)
        for right in range(left)
        if int(hashed[left] ^ hashed[right]).bit_count() <= distance
    ]
    assert near_duplicate_groups(hashed, grey(len(hashed)), distance).tolist() == merged(count, pairs)


@given(GROUPINGS)
def test_joined_groups_hold_together_what_any_grouping_does(groupings):
    count = len(groupings[0])
    pairs = [
        (left, right)
        for group in groupings
        for left in range(count)
        for right in range(left)
        if group[left] == group[right] >= 0
    ]
    assert join_groups(*groupings).tolist() == merged(count, pairs)


def test_many_images_are_grouped_at_once():
    hashed = np.random.default_rng(0).integers(0, 2**64, 50_000, np.uint64)
    twice = np.concatenate([hashed, hashed ^ np.uint64(2**40 + 2**3)])
    assert near_duplicate_groups(twice, grey(100_000)).tolist() == [*range(50_000), *range(50_000)]


def test_no_images_are_in_no_groups():
    assert near_duplicate_groups(np.empty(0, np.uint64), grey(0)).tolist() == []
