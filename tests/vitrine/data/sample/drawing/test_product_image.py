import itertools

import numpy as np
import pytest

from vitrine.data.sample.attributes import COLOUR, COLOURS, PATTERNS
from vitrine.data.sample.categories import CATEGORIES
from vitrine.data.sample.drawing.product_image import SIDE, draw_product
from vitrine.data.sample.label_rules import Traits


def pixels(category: str, colour: str, pattern: str, seed: int = 0) -> np.ndarray:
    """Draw a product; return its pixels, int [96, 96, 3]."""
    return np.asarray(draw_product(Traits(category, colour, pattern), np.random.default_rng(seed)), np.int64)


def test_an_image_is_96_pixels_square_in_rgb() -> None:
    image = draw_product(Traits("mug", "red", "striped"), np.random.default_rng(0))
    assert (image.mode, image.size, SIDE) == ("RGB", (96, 96), 96)


def test_equal_generators_draw_equal_images_and_others_vary_the_pose() -> None:
    assert (pixels("lamp", "blue", "dotted", 1) == pixels("lamp", "blue", "dotted", 1)).all()
    assert (pixels("lamp", "blue", "dotted", 1) != pixels("lamp", "blue", "dotted", 2)).any()


@pytest.mark.parametrize("category", [category.name for category in CATEGORIES])
def test_a_product_shows_its_colour_and_no_other(category: str) -> None:
    paints = np.array([colour.paint for colour in COLOURS if colour.name not in ("black", "white", "grey", "brown")])
    names = [colour.name for colour in COLOURS if colour.name not in ("black", "white", "grey", "brown")]
    for colour in names:
        shown = pixels(category, colour, "plain").reshape(-1, 3)
        near = np.abs(shown[:, None, :] - paints[None]).max(2) < 24
        assert names[int(near.sum(0).argmax())] == colour
        assert near[:, names.index(colour)].mean() > 0.03


def test_patterns_differ_from_each_other_on_the_same_product() -> None:
    drawn = {pattern.name: pixels("pillow", "red", pattern.name) for pattern in PATTERNS}
    for first, second in itertools.combinations(drawn, 2):
        assert (np.abs(drawn[first] - drawn[second]).max(2) > 60).mean() > 0.05, (first, second)


def test_shapes_differ_from_each_other() -> None:
    def outline(category: str) -> np.ndarray:
        drawn = np.abs(pixels(category, "red", "plain") - np.array(COLOUR["red"].paint)).max(2)
        return drawn < 60

    drawn = {category.name: outline(category.name) for category in CATEGORIES}
    for first, second in itertools.combinations(drawn, 2):
        both, either = (drawn[first] & drawn[second]).sum(), (drawn[first] | drawn[second]).sum()
        assert both / either < 0.85, (first, second)


def test_a_product_without_a_colour_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no colour"):
        draw_product(Traits("mug"), np.random.default_rng(0))
