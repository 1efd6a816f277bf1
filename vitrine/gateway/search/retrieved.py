"""A ranking of candidates that a collection outside the model finds, by the signatures that rank given candidates."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, PRODUCT_TEXT, TEXT_VECTOR
from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.product_row import own_category
from vitrine.gateway.catalogue.product_table import CATEGORY
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.retrieval.candidates import Candidates, Flags, Floats
from vitrine.gateway.retrieval.milvus import MilvusProducts
from vitrine.gateway.search.diversifying import diversified, vectors_of
from vitrine.gateway.search.embedding import embed
from vitrine.gateway.search.query import RankingQuery
from vitrine.labels import LABELS
from vitrine.saved_model.arrays import Array, Outputs

_NOTHING: Final[Outputs] = {
    "product_id": np.zeros((1, 0), object),
    "esci": np.zeros((1, 0, len(LABELS)), np.float32),
    **{name: np.zeros((1, 0), np.float32) for name in ("score", "by_text", "by_image")},
}
"""The outputs for no candidates."""


@dataclass(frozen=True)
class WeightedQuery:
    """A query as vectors of text and image, float32 [1, D] each, of which the image has the weight `share`."""

    words: str
    text: Floats
    image: Floats
    share: float

    @property
    def searched(self) -> list[Floats]:
        """The vectors that have a weight, float32 [D]."""
        return [vector[0] for vector, weight in ((self.text, 1 - self.share), (self.image, self.share)) if weight > 0]


async def rank_retrieved(
    catalogue: Catalogue, retrieval: MilvusProducts, version: CatalogueVersion, query: RankingQuery, cache: Cache
) -> Outputs:
    """Return the outputs of the signature that ranks the query's candidates, with their order if they are diversified.

    Raises:
        ApiError: The model or the collection fails, or cannot be reached.
    """
    weighted = await _weighted(catalogue, retrieval, version, query, cache)
    if weighted is None:
        return _NOTHING
    # Offers change prices beside the collection.
    by_price = not version.products.has_offers
    found = (
        await retrieval.products(query.only, version.encoder, version.dimension)
        if query.only
        else await retrieval.search(weighted.searched, version.encoder, query.filters, by_price)
    )
    found = found.where(_passing(found, version, query))
    if not found.product_ids:
        return _NOTHING
    inputs = _products(found, version)
    words = string_tensor(weighted.words)
    if query.kind == "text":
        ranked = await catalogue.call(version, "rerank_text", {"query": words, "embedding": weighted.text, **inputs})
    else:
        share = np.array([weighted.share], np.float32)
        vectors: dict[str, Array] = {"text_embedding": weighted.text, "image_embedding": weighted.image}
        both = {"query": words, "image_share": share, **vectors, **inputs}
        ranked = await catalogue.call(version, "rerank_both", both)
    if not query.diversity:
        return ranked
    return await diversified(catalogue, version, ranked, query.diversity, vectors_of(ranked, found.product_ids, inputs))


async def _weighted(
    catalogue: Catalogue, retrieval: MilvusProducts, version: CatalogueVersion, query: RankingQuery, cache: Cache
) -> WeightedQuery | None:
    """Return the query as vectors; None if it is a product that the collection does not have."""
    if query.kind == "similar":
        return await _similar(retrieval, version, query.product_id)
    vectors = await embed(catalogue, version, query, cache)
    words = "" if query.kind == "image" else query.text
    return WeightedQuery(words, vectors[0], vectors[-1], query.image_weight)


async def _similar(retrieval: MilvusProducts, version: CatalogueVersion, product_id: str) -> WeightedQuery | None:
    product = await retrieval.products([product_id], version.encoder, version.dimension)
    row = version.products.row(product_id)
    if not product.product_ids or row is None:
        return None
    both = 0.5 if product.has_image[0] and version.searches_images else 0.0
    share = both if product.has_text[0] else 1.0
    return WeightedQuery(version.products.at([row])[0]["title"], product.text, product.image, share)


def _passing(found: Candidates, version: CatalogueVersion, query: RankingQuery) -> Flags:
    """Return which candidates, bool [R], are in this version and pass the filters, and are not the query itself."""
    rows = version.products.rows(found.product_ids)
    mask = version.passing(query.filters, query.excluded)
    passing: Flags = rows >= 0 if mask is None else (rows >= 0) & mask[rows]
    passing &= np.array([product_id != query.product_id for product_id in found.product_ids], bool)
    return passing


def _products(found: Candidates, version: CatalogueVersion) -> Mapping[str, Array]:
    """Return the candidates as the inputs of `vitrine.search.model.given_products`, with the version's texts."""
    products = version.products.at(version.products.rows(found.product_ids))
    texts = {name: string_tensor(*(product[name] for product in products)) for name in PRODUCT_TEXT}
    texts[CATEGORY] = string_tensor(*map(own_category, products))
    arrays: dict[str, Array] = {
        PRODUCT_ID: string_tensor(*found.product_ids),
        **texts,
        HAS_TEXT: found.has_text,
        HAS_IMAGE: found.has_image,
        TEXT_VECTOR: found.text,
        IMAGE_VECTOR: found.image,
    }
    return {name: array[np.newaxis] for name, array in arrays.items()}
