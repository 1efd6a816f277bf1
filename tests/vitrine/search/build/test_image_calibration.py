from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vitrine.search import shop
from vitrine import progress
from vitrine.data.sample.drawing.product_image import draw_product_image
from vitrine.search.build.altered_images import ALTERATIONS, alter
from vitrine.search.build.image_calibration import MIN_IMAGES, Examples, fit, measure_image_confidence
from vitrine.search.build.junk_images import KINDS, SIDE, draw_junk


@pytest.mark.parametrize("kind", KINDS)
def test_junk_of_each_kind_varies_and_follows_its_seed(kind: str) -> None:
    first, second, again = (draw_junk(kind, np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert first.mode == "RGB"
    assert first.size == (SIDE, SIDE)
    assert first.tobytes() == again.tobytes() != second.tobytes()


@pytest.mark.parametrize("kind", ALTERATIONS)
@pytest.mark.parametrize("size", [(1, 1), (37, 90)])
def test_images_of_any_size_can_be_altered(kind: str, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (200, 30, 90))
    assert alter(kind, image, np.random.default_rng(0)).mode == "RGB"
    assert image.getpixel((0, 0)) == (200, 30, 90)  # the original stays as it is
