"""Tests of the part of an image that its patches cover."""

import asyncio
import io

import numpy as np
import pytest
from PIL import Image

from vitrine.gateway.explaining.images import SIGNATURE, relevance_of

GRID = np.array([[[0.5, 0.25], [0.25, 0.0]]], np.float32)


class Explaining:
    """A catalogue whose model answers with fixed arrays: no small model encodes images by patches."""

    def __init__(self, share: float, keeps_ratio: bool) -> None:
        self.outputs = {
            "relevance": GRID,
            "similarity": np.array([0.25], np.float32),
            "region_share": np.array([share], np.float32),
            "keeps_ratio": np.array([keeps_ratio]),
        }

    async def call(self, version: object, signature: str, inputs: dict) -> dict:
        assert signature == SIGNATURE
        assert set(inputs) == {"embedding", "image_bytes"}
        return self.outputs


def bitmap(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "BMP")
    return buffer.getvalue()


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
    catalogue = Explaining(share, keeps_ratio)
    found = asyncio.run(relevance_of(catalogue, None, bitmap(*size), np.zeros([1, 4], np.float32)))
    assert tuple(found.region.model_dump().values()) == pytest.approx(region)
    assert found.patches == GRID[0].tolist()
