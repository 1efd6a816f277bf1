"""Maps of the patches of an image that speak for its similarity to words, or to another image."""

import io
from typing import Final

import numpy as np
from PIL import Image

from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.schemas.explanations import ImageRelevance, Region
from vitrine.saved_model.arrays import Array

SIGNATURE: Final = "explain_image_embedding"


def explains_images(version: CatalogueVersion) -> bool:
    """Return whether the version's model can say which patches of an image matter."""
    return SIGNATURE in version.signatures


async def relevance_of(
    catalogue: Catalogue, version: CatalogueVersion, image: bytes, embedding: Array
) -> ImageRelevance:
    """Return the relevance of the patches of a decoded `image` for its similarity to `embedding` float32 [1, D].

    Raises:
        ApiError: The model fails, or cannot be reached.
    """
    inputs = {"embedding": embedding, "image_bytes": string_tensor(image)}
    outputs = await catalogue.call(version, SIGNATURE, inputs)
    with Image.open(io.BytesIO(image)) as opened:
        width, height = opened.size
    return ImageRelevance(
        patches=np.asarray(outputs["relevance"][0], np.float64).round(5).tolist(),
        similarity=round(float(outputs["similarity"][0]), 4),
        region=region_of(width, height, float(outputs["region_share"][0]), bool(outputs["keeps_ratio"][0])),
    )


def region_of(width: int, height: int, share: float, keeps_ratio: bool) -> Region:
    """Return the part of an image that the patches cover, around its centre.

    It is `share` of the shorter side where resizing `keeps_ratio`, and otherwise of both sides.
    """
    side = min(width, height)
    across, down = (side / width, side / height) if keeps_ratio else (1.0, 1.0)
    return Region(
        left=round((1 - share * across) / 2, 5),
        top=round((1 - share * down) / 2, 5),
        width=round(share * across, 5),
        height=round(share * down, 5),
    )
