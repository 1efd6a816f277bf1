"""The categories of a query, as the category head of the catalogue's model predicts them."""

import logging
from typing import Final

import numpy as np
import orjson

from vitrine.gateway.cache import Cache, cache_key
from vitrine.gateway.catalogue.catalogue import Catalogue, VersionSwappedError
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.schemas.answers import PredictedCategory
from vitrine.gateway.search.embedding import Floats, embed
from vitrine.gateway.search.query import RankingQuery
from vitrine.saved_model.arrays import Outputs
from vitrine.saved_model.status import ApiError

SIGNATURE: Final = "predict_category_embedding"
MOST: Final = 5
"""Maximum number of categories."""
LEAST: Final = 0.05
"""Probability from which a category is returned."""

Categories = tuple[PredictedCategory, ...]

_log = logging.getLogger(__name__)


async def predict_categories(catalogue: Catalogue, query: RankingQuery, cache: Cache) -> Categories:
    """Return the categories with a probability of at least `LEAST`, the most probable first.

    There are none for a product, or if the model has no category head. A failure is logged, and there are none: the
    search does not depend on them.
    """
    version = catalogue.current
    if query.kind == "similar" or SIGNATURE not in version.signatures:
        return ()
    key = cache_key(
        "categories", catalogue.name, version.version, version.digest, query.kind, query.text, query.image,
        query.image_share,
    )  # fmt: skip
    try:
        cached = await cache.get(key)
        if cached is not None:
            return _unpack(cached)
        vector = await _vector(catalogue, version, query, cache)
        outputs = await catalogue.call(version, SIGNATURE, {"embedding": vector})
        packed = _pack(outputs)
        await cache.put(key, packed)
        return _unpack(packed)
    except (ApiError, VersionSwappedError, LookupError, TypeError, ValueError) as error:
        _log.warning("no categories were predicted: %s: %s", type(error).__name__, error)
        return ()


async def _vector(catalogue: Catalogue, version: CatalogueVersion, query: RankingQuery, cache: Cache) -> Floats:
    """Return the embedding of the query's words or image, float32 [1, D]; of both, the mean by the image's share."""
    vectors = await embed(catalogue, version, query, cache)
    if query.kind != "both":
        return vectors[0]
    share = np.float32(query.image_share)
    return (1 - share) * vectors[0] + share * vectors[1]


def _pack(outputs: Outputs) -> bytes:
    """Pack the most probable categories of the first row as JSON: pairs of category and probability."""
    categories, probabilities = outputs["category"][0][:MOST], np.asarray(outputs["probability"][0][:MOST], float)
    pairs = zip(categories.tolist(), probabilities.round(4).tolist(), strict=True)
    return orjson.dumps([(category.decode(), probability) for category, probability in pairs if probability >= LEAST])


def _unpack(packed: bytes) -> Categories:
    """Unpack the result of `_pack`.

    Raises:
        ValueError: It is anything else.
    """
    return tuple(
        PredictedCategory(category=category, probability=probability) for category, probability in orjson.loads(packed)
    )
