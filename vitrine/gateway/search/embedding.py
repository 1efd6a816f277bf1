"""Embeddings of a query's words and image, from the cache or from the catalogue's model."""

import asyncio
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.cache import Cache, cache_key
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.search.query import RankingQuery

Floats = npt.NDArray[np.float32]
_MODALITIES: Final[dict[str, tuple[str, ...]]] = {"text": ("text",), "image": ("image",), "both": ("text", "image")}
"""The embeddings that each kind of query needs."""


async def embed(catalogue: Catalogue, version: CatalogueVersion, query: RankingQuery, cache: Cache) -> list[Floats]:
    """Return the embeddings, float32 [1, D] each, of a query's words, its image, or first words and then image."""
    modalities = _MODALITIES[query.kind]
    return await asyncio.gather(*(_embed(catalogue, version, modality, query, cache) for modality in modalities))


async def _embed(
    catalogue: Catalogue, version: CatalogueVersion, modality: str, query: RankingQuery, cache: Cache
) -> Floats:
    content = query.text if modality == "text" else query.image
    key = cache_key("vector", catalogue.name, version.version, version.digest, modality, content)
    async with cache.lock(key):  # the ranking and the prediction of categories ask for it at the same time
        cached = await cache.get(key)
        if cached is not None and len(cached) == 4 * version.dimension:
            return np.frombuffer(cached, np.float32)[np.newaxis]
        name = "query" if modality == "text" else "image_bytes"
        outputs = await catalogue.call(version, f"embed_{modality}", {name: string_tensor(content)})
        vector = np.asarray(outputs["embedding"], np.float32)
        await cache.put(key, vector.tobytes())
        return vector
