import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from tests.vitrine.search.faces import draw_smiley
from tests.vitrine.search.flat_products import PRODUCTS, STYLES, draw_flat_product
from vitrine.data.sample.drawing.product_image import SHAPES, draw_product
from vitrine.data.sample.label_rules import Traits
from vitrine.search.drawn_faces import shows_drawn_face


def test_nearly_all_drawn_faces_are_found_and_so_are_their_mirror_images() -> None:
    rng = np.random.default_rng(0)
    faces = [draw_smiley(rng) for _ in range(60)]
    assert np.mean([shows_drawn_face(face) for face in faces]) >= 0.95
    assert np.mean([shows_drawn_face(ImageOps.mirror(face)) for face in faces]) >= 0.95


def test_a_face_upside_down_is_none() -> None:
    rng = np.random.default_rng(0)
    assert not any(shows_drawn_face(ImageOps.flip(draw_smiley(rng))) for _ in range(20))


@pytest.mark.parametrize("product", PRODUCTS)
def test_drawn_products_are_no_faces(product: str) -> None:
    rng = np.random.default_rng(1)
    assert not any(shows_drawn_face(draw_flat_product(product, style, rng)) for style in STYLES for _ in range(3))


@pytest.mark.parametrize("pattern", ["plain", "dotted", "striped"])
def test_products_with_patterns_are_no_faces(pattern: str) -> None:
    rng = np.random.default_rng(2)
    images = [draw_product(Traits(shape, "yellow", pattern), rng) for shape in sorted(SHAPES)]
    assert not any(shows_drawn_face(image) for image in images)


@pytest.mark.parametrize("missing", ["eye", "mouth"])
def test_a_round_thing_that_lacks_a_feature_is_no_face(missing: str) -> None:
    image = Image.new("RGB", (200, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 180, 180), "gold")
    draw.ellipse((65, 70, 80, 85), "black")
    if missing != "eye":
        draw.ellipse((120, 70, 135, 85), "black")
    if missing != "mouth":
        draw.arc((60, 80, 140, 150), 20, 160, "black", 6)
    assert not shows_drawn_face(image)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_images_of_any_size_have_an_answer(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(256, size=(height, width, 3), dtype=np.uint8)
    assert not shows_drawn_face(Image.fromarray(pixels))
