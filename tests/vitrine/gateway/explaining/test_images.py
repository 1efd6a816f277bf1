"""Tests of the part of an image that its patches cover."""

import pytest

from vitrine.gateway.explaining.images import region_of


@pytest.mark.parametrize(
    ("size", "share", "keeps_ratio", "region"),
    [
        ((40, 40), 1.0, True, (0, 0, 1, 1)),
        ((80, 40), 1.0, True, (0.25, 0, 0.5, 1)),
        ((40, 80), 0.5, True, (0.25, 0.375, 0.5, 0.25)),
        ((80, 40), 1.0, False, (0, 0, 1, 1)),
        ((80, 40), 0.875, False, (0.0625, 0.0625, 0.875, 0.875)),
    ],
)
def test_patches_cover_the_square_or_the_image_that_the_model_sees(size, share, keeps_ratio, region):
    assert tuple(region_of(*size, share, keeps_ratio).model_dump().values()) == pytest.approx(region)
