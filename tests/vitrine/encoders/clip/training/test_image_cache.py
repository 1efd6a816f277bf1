import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vitrine.encoders.clip.training.image_cache import decode_images
from vitrine.encoders.images.preprocessing import Preprocessing

SIZES = Preprocessing(shortest_edge=16, crop=16)


def test_images_come_back_in_their_rows_and_unreadable_ones_count_as_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Image.new("RGB", (40, 30), (10, 200, 30)).save(tmp_path / "green.png")
    (tmp_path / "broken.png").write_bytes(b"not an image")
    images = ["", "green.png", "broken.png", "missing.png", "../outside.png"]
    with caplog.at_level(logging.INFO, "vitrine.progress"):
        pixels, has_image = decode_images(images, tmp_path, SIZES, tmp_path / "pixels")
    assert has_image.tolist() == [False, True, False, False, False]
    assert pixels.shape == (5, 16, 16, 3)
    np.testing.assert_array_equal(pixels[1], np.full((16, 16, 3), (10, 200, 30)))
    assert not pixels[~has_image].any()
    assert "3 images could not be decoded and count as missing, such as broken.png" in caplog.text
