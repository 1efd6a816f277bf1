"""One catalogue's ranking for one query: all candidates, re-ranked, from the cache or from the catalogue's model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import orjson

from vitrine.gateway.backends.backend import string_tensor
from vitrine.gateway.cache import Cache, cache_key
from vitrine.gateway.catalogue.catalogue import Catalogue, VersionSwappedError
from vitrine.gateway.catalogue.product_table import pack_mask
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.search.diversifying import ORDER, diversified
from vitrine.gateway.search.embedding import embed
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.retrieved import rank_retrieved
from vitrine.labels import LABELS
from vitrine.saved_model.arrays import Array
from vitrine.saved_model.status import ApiError, invalid

Floats = npt.NDArray[np.float32]
MAX_SWAPS: Final = 4
"""Maximum number of versions that one query is ranked by, if each is unloaded before it has answered."""
_ARRAYS: Final = {"score": (), "esci": (len(LABELS),), "by_text": (), "by_image": ()}
"""The arrays of a ranking, with the shape of one product's entry."""


@dataclass(frozen=True)
class Ranking:
    """C products of a catalogue version, best first.

    `product_ids` str, `score` float32 [C], `esci` float32 [C, 4] (I, C, S, E), `by_text` and `by_image` float32 [C],
    NaN where a product has no text or no image. `order` int32 [C] are the positions of the products in the order in
    which they are shown, that of the scores unless there is a `diversity`. `image_weight` is the weight of the query's
    image.
    """

    catalogue: str
    version: CatalogueVersion
    product_ids: list[str]
    score: Floats
    esci: Floats
    by_text: Floats
    by_image: Floats
    order: npt.NDArray[np.int32]
    diversity: float = 0.0
    image_weight: float = 0.0

    @property
    def comparable(self) -> npt.NDArray[np.float64]:
        """The scores on one scale for all catalogues, float64 [C]."""
        return self.version.confidence.comparable(self.score, self.image_weight)

    def followed_by(self, other: "Ranking") -> "Ranking":
        """Return these products and then those of `other`, a ranking by the same version."""
        arrays = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _ARRAYS}
        order = np.concatenate([self.order, other.order + len(self.product_ids)]).astype(np.int32)
        product_ids = [*self.product_ids, *other.product_ids]
        return Ranking(
            self.catalogue, self.version, product_ids, **arrays, order=order, diversity=self.diversity,
            image_weight=self.image_weight,
        )  # fmt: skip


async def rank(catalogue: Catalogue, query: RankingQuery, cache: Cache) -> Ranking:
    """Rank all candidates for a query by one version; if it is unloaded meanwhile, start again with the next one.

    Raises:
        ApiError: The model fails, cannot be reached, or does not search by image.
    """
    for _ in range(MAX_SWAPS):
        try:
            return await _rank(catalogue, catalogue.current, query, cache)
        except VersionSwappedError:
            continue
    raise ApiError("UNAVAILABLE", f"catalogue {catalogue.name}: versions change faster than they answer")


async def _rank(catalogue: Catalogue, version: CatalogueVersion, query: RankingQuery, cache: Cache) -> Ranking:
    if query.kind in ("image", "both") and not version.searches_images:
        raise invalid(f"catalogue {catalogue.name} was built with a text encoder and cannot be searched by image")
    if query.diversity is None:
        query = replace(query, diversity=version.diversity)
    offers = version.products.offers_digest(query.filters)
    key = ranking_key(catalogue.name, version.version, version.digest, query, offers)
    cached = _unpack(await cache.get(key), catalogue.name, version, query)
    if cached is not None:
        return cached
    if catalogue.retrieval is None:
        inputs = await _inputs(catalogue, version, query, cache)
        ranked = await catalogue.call(version, f"rank_{query.kind}", inputs)
        outputs = await diversified(catalogue, version, ranked, query.diversity or 0.0, {})
    else:
        outputs = await rank_retrieved(catalogue, catalogue.retrieval, version, query, cache)
    is_product = outputs["product_id"][0] != b""
    product_ids = [product_id.decode() for product_id in outputs["product_id"][0][is_product]]
    arrays = {name: np.asarray(outputs[name][0][is_product], np.float32) for name in _ARRAYS}
    count = len(product_ids)  # positions without a product are the last, in any order
    order = np.asarray(outputs[ORDER][0][:count] if ORDER in outputs else np.arange(count), np.int32)
    ranking = _ranking(catalogue.name, version, product_ids, arrays, order, query)
    await cache.put(key, _pack(ranking))
    return ranking


def _ranking(
    catalogue: str,
    version: CatalogueVersion,
    product_ids: list[str],
    arrays: Mapping[str, Floats],
    order: npt.NDArray[np.int32],
    query: RankingQuery,
) -> Ranking:
    return Ranking(
        catalogue, version, product_ids, **arrays, order=order, diversity=query.diversity or 0.0,
        image_weight=query.image_weight,
    )  # fmt: skip


def ranking_key(catalogue: str, version: int, digest: str, query: RankingQuery, offers: str = "") -> str:
    """Return the cache key of the ranking for a query by a version, with the digest of the offers that decide it."""
    return cache_key(
        "ranking", catalogue, version, digest, query.kind, query.text, query.image, query.image_share,
        query.product_id, query.filters.model_dump_json(), _excluded_key(query), str(query.diversity), offers,
        orjson.dumps(query.only) if query.only else b"",
    )  # fmt: skip


def _excluded_key(query: RankingQuery) -> bytes:
    """Return the exclusions as JSON; "" without any."""
    return orjson.dumps([(each.field, each.terms) for each in query.excluded]) if query.excluded else b""


async def _inputs(
    catalogue: Catalogue, version: CatalogueVersion, query: RankingQuery, cache: Cache
) -> dict[str, Array]:
    """Return the inputs of the query's signature."""
    allowed = string_tensor(pack_mask(version.passing(query.filters, query.excluded, query.only)))
    inputs: dict[str, Array] = {"allowed": allowed}
    if query.kind == "similar":
        return inputs | {"product_id": string_tensor(query.product_id)}
    if query.kind != "image":
        inputs["query"] = string_tensor(query.text)
    vectors = await embed(catalogue, version, query, cache)
    if query.kind != "both":
        return inputs | {"embedding": vectors[0]}
    share = np.array([query.image_share], np.float32)
    return inputs | {"text_embedding": vectors[0], "image_embedding": vectors[1], "image_share": share}


def _pack(ranking: Ranking) -> bytes:
    """Pack the product ids as JSON, then the bytes of the arrays and of the order."""
    ids = orjson.dumps(ranking.product_ids)
    arrays = b"".join(getattr(ranking, name).tobytes() for name in _ARRAYS)
    return len(ids).to_bytes(4, "little") + ids + arrays + ranking.order.tobytes()


def _unpack(packed: bytes | None, catalogue: str, version: CatalogueVersion, query: RankingQuery) -> Ranking | None:
    """Unpack the result of `_pack`; return None for anything else."""
    try:
        if packed is None:
            return None
        size = int.from_bytes(packed[:4], "little")
        ids = orjson.loads(packed[4 : 4 + size])
        arrays: dict[str, Floats] = {}
        start = 4 + size
        for name, entry in _ARRAYS.items():
            shape = (len(ids), *entry)
            count = int(np.prod(shape))
            arrays[name] = np.frombuffer(packed, np.float32, count, start).reshape(shape)
            start += 4 * count
        order = np.frombuffer(packed, np.int32, len(ids), start)
        return _ranking(catalogue, version, ids, arrays, order, query)
    except (ValueError, TypeError):
        return None
