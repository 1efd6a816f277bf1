"""One catalogue's answer to one question: every candidate, re-ranked, from the cache or from its model."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from vitrine.gateway.cache import Cache, key_of
from vitrine.gateway.catalogue.products import bits
from vitrine.gateway.catalogue.served import Catalogue, Edition, Swapped, strings
from vitrine.gateway.schemas import Filters, Kind
from vitrine.labels import LABELS
from vitrine.saved_model.status import ApiError, invalid

Floats = npt.NDArray[np.float32]
EDITIONS: Final = 4
"""How many editions one question is asked of, where each goes before it has answered."""
_ARRAYS: Final = {"score": (), "esci": (len(LABELS),), "by_text": (), "by_image": ()}


@dataclass(frozen=True)
class Question:
    """What is looked for.

    Attributes:
        kind: What is asked with.
        text: The words, after rewriting.
        image: A picture that the model decodes, for kinds `image` and `both`.
        image_share: The picture's share of a question with both.
        product_id: For the kind `similar`.
        filters: Which products may be found.
    """

    kind: Kind
    text: str = ""
    image: bytes = b""
    image_share: float = 0.5
    product_id: str = ""
    filters: Filters = field(default_factory=Filters)

    @property
    def picture_share(self) -> float:
        """How much a picture counts: 0 for words or a product, 1 for a picture alone."""
        return {"image": 1.0, "both": self.image_share}.get(self.kind, 0.0)


@dataclass(frozen=True)
class Ranking:
    """C products of an edition, best first.

    `product_ids` str, `score` float32 [C], `esci` float32 [C, 4] (I, C, S, E), `by_text` and `by_image` float32 [C],
    NaN where a product has no such side. `image_share` is the picture's share of the question.
    """

    catalogue: str
    edition: Edition
    product_ids: list[str]
    score: Floats
    esci: Floats
    by_text: Floats
    by_image: Floats
    image_share: float = 0.0

    @property
    def comparable(self) -> npt.NDArray[np.float64]:
        """The scores on one scale for all catalogues, float64 [C]."""
        return self.edition.confidence.comparable(self.score, self.image_share)


async def rank(catalogue: Catalogue, question: Question, cache: Cache) -> Ranking:
    """All candidates of a question, from one edition: where it goes meanwhile the next one is asked all of it.

    Raises:
        ApiError: The model fails, cannot be reached, or does not search by picture.
    """
    for _ in range(EDITIONS):
        try:
            return await _rank(catalogue, catalogue.edition, question, cache)
        except Swapped:
            continue
    raise ApiError("UNAVAILABLE", f"catalogue {catalogue.name}: versions change faster than they answer")


async def _rank(catalogue: Catalogue, edition: Edition, question: Question, cache: Cache) -> Ranking:
    if question.kind in ("image", "both") and not edition.searches_images:
        raise invalid(f"catalogue {catalogue.name} was built with a text encoder and cannot be searched by picture")
    key = ranking_key(catalogue.name, edition.version, edition.digest, question)
    kept = _unpack(await cache.get(key), catalogue.name, edition)
    if kept is not None:
        return replace(kept, image_share=question.picture_share)
    inputs = await _inputs(catalogue, edition, question, cache)
    outputs = await catalogue.call(edition, f"rank_{question.kind}", inputs)
    found = outputs["product_id"][0] != b""
    ids = [one.decode() for one in outputs["product_id"][0][found]]
    arrays = {name: np.asarray(outputs[name][0][found], np.float32) for name in _ARRAYS}
    ranking = Ranking(catalogue.name, edition, ids, **arrays, image_share=question.picture_share)
    await cache.put(key, _pack(ranking))
    return ranking


def ranking_key(catalogue: str, version: int, digest: str, question: Question) -> str:
    """Where the ranking of a question by an edition is kept."""
    return key_of(
        "ranking", catalogue, version, digest, question.kind, question.text, question.image, question.image_share,
        question.product_id, question.filters.model_dump_json(),
    )  # fmt: skip


async def _inputs(
    catalogue: Catalogue, edition: Edition, question: Question, cache: Cache
) -> dict[str, npt.NDArray[Any]]:
    """What the question's signature takes."""
    feed: dict[str, npt.NDArray[Any]] = {"allowed": _allowed(edition, question)}
    if question.kind == "similar":
        return feed | {"product_id": strings(question.product_id)}
    if question.kind != "image":
        feed["query"] = strings(question.text)
    sides = _SIDES[question.kind]
    vectors = await asyncio.gather(*(_embed(catalogue, edition, side, question, cache) for side in sides))
    if question.kind != "both":
        return feed | {"embedding": vectors[0]}
    share = np.array([question.image_share], np.float32)
    return feed | {"text_embedding": vectors[0], "image_embedding": vectors[1], "image_share": share}


_SIDES: Final[dict[str, tuple[str, ...]]] = {"text": ("text",), "image": ("image",), "both": ("text", "image")}


async def _embed(catalogue: Catalogue, edition: Edition, side: str, question: Question, cache: Cache) -> Floats:
    """The vector float32 [1, D] of the question's words or picture."""
    asked = question.text if side == "text" else question.image
    key = key_of("vector", catalogue.name, edition.version, edition.digest, side, asked)
    kept = await cache.get(key)
    if kept is not None and len(kept) == 4 * edition.dimension:
        return np.frombuffer(kept, np.float32)[np.newaxis]
    name = "query" if side == "text" else "image_bytes"
    outputs = await catalogue.call(edition, f"embed_{side}", {name: strings(asked)})
    vector = np.asarray(outputs["embedding"], np.float32)
    await cache.put(key, vector.tobytes())
    return vector


def _allowed(edition: Edition, question: Question) -> npt.NDArray[np.object_]:
    return strings(bits(edition.products.allowed(question.filters)))


def _pack(ranking: Ranking) -> bytes:
    """The ids as JSON, then the arrays' bytes."""
    ids = orjson.dumps(ranking.product_ids)
    arrays = b"".join(getattr(ranking, name).tobytes() for name in _ARRAYS)
    return len(ids).to_bytes(4, "little") + ids + arrays


def _unpack(packed: bytes | None, catalogue: str, edition: Edition) -> Ranking | None:
    """What `_pack` made, or None for anything else."""
    try:
        if packed is None:
            return None
        size = int.from_bytes(packed[:4], "little")
        ids = orjson.loads(packed[4 : 4 + size])
        arrays: dict[str, Any] = {}
        start = 4 + size
        for name, rest in _ARRAYS.items():
            shape = (len(ids), *rest)
            count = int(np.prod(shape))
            arrays[name] = np.frombuffer(packed, np.float32, count, start).reshape(shape)
            start += 4 * count
        return Ranking(catalogue, edition, ids, **arrays)
    except (ValueError, TypeError):
        return None
