"""Products of a Feast project in Milvus: searches by vector under a filter, and look-ups by id."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from vitrine.data.columns import PRODUCT_ID
from vitrine.extras import require_extra
from vitrine.features.entity_keys import entity_keys
from vitrine.features.filter_columns import ENCODER
from vitrine.features.views import PRODUCT_IMAGE, PRODUCT_TEXT, VECTORS
from vitrine.gateway.retrieval.candidates import Candidates, Floats, Found
from vitrine.gateway.retrieval.expressions import expression, of_encoder
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.settings import MilvusRetrieval
from vitrine.saved_model.status import ApiError, Code

T = TypeVar("T")
SIDES: Final = (PRODUCT_TEXT, PRODUCT_IMAGE)
"""The views, each of which is a collection with a row for every product that has such a vector."""


class MilvusProducts:
    """The collections of one project. The first call connects to Milvus.

    Only vectors of the given encoder are found: those of another one mean nothing to the model. Methods raise ApiError:
    UNAVAILABLE if Milvus fails, cannot be reached, or has no vector of the encoder, DEADLINE_EXCEEDED if it takes too
    long.

    Attributes:
        problem: The failure of the last call, if it failed.
    """

    def __init__(self, settings: MilvusRetrieval) -> None:
        """Take the settings.

        Raises:
            MissingExtraError: pymilvus is not installed.
        """
        require_extra("milvus", "the retrieval of candidates", "pymilvus")
        self._settings = settings
        self._within = {"timeout": settings.timeout_seconds}
        self._connecting = asyncio.Lock()
        self._client: Any = None
        self.problem: str | None = None
        self._pool = ThreadPoolExecutor(4 * (os.cpu_count() or 1), thread_name_prefix="milvus")

    async def search(
        self, vectors: Sequence[Floats], encoder: str, filters: Filters, by_price: bool = True
    ) -> Candidates:
        """Return the products nearest to any of the query vectors, float32 [D] each, by their text or their image.

        `encoder` is the fingerprint of the encoder that made them. Others than those that pass the filters may be
        found, too (see `expression`).
        """
        passing = expression(encoder, filters, by_price)
        text, image = await asyncio.gather(*(self._search_side(side, vectors, passing) for side in SIDES))
        more_text, more_image = await asyncio.gather(
            self._look_up(PRODUCT_TEXT, image.keys() - text.keys(), encoder),
            self._look_up(PRODUCT_IMAGE, text.keys() - image.keys(), encoder),
        )
        if not text and not image:
            await self._require_vectors(encoder)
        return Candidates.of({**text, **more_text}, {**image, **more_image}, len(vectors[0]))

    async def products(self, product_ids: Sequence[str], encoder: str, dimension: int) -> Candidates:
        """Return the products with these ids; one with neither text nor image is not found."""
        text, image = await asyncio.gather(*(self._look_up(side, product_ids, encoder) for side in SIDES))
        if not text and not image:
            await self._require_vectors(encoder)
        return Candidates.of(text, image, dimension)

    async def _require_vectors(self, encoder: str) -> None:
        """Raise ApiError if the collections have no vector of the encoder."""
        query = {"filter": of_encoder(encoder), "limit": 1, "output_fields": [PRODUCT_ID], **self._within}
        if not await self._call(
            lambda client: any(client.query(self._collection(side), **query) for side in SIDES),
        ):
            self.problem = (
                f"project {self._settings.project} of Milvus at {self._settings.uri} has no vector of the served "
                "version's encoder; set the project of the run that made the version, or run the pipeline again"
            )
            raise ApiError("UNAVAILABLE", self.problem)

    async def _search_side(self, side: str, vectors: Sequence[Floats], expression: str) -> Found:
        """Return the products whose vectors of one side are the nearest to any of `vectors`."""
        search = {
            "collection_name": self._collection(side),
            "data": [vector.tolist() for vector in vectors],
            "anns_field": VECTORS[side],
            "filter": expression,
            "limit": self._settings.candidates,
            "output_fields": [PRODUCT_ID, VECTORS[side]],
        }
        found = await self._call(lambda client: client.search(**search, **self._within))
        return _vectors(side, (hit["entity"] for hits in found for hit in hits))

    async def _look_up(self, side: str, product_ids: Iterable[str], encoder: str) -> Found:
        """Return the vectors of the products that have them, of the encoder."""
        ids, fields = list(product_ids), [PRODUCT_ID, VECTORS[side], ENCODER]
        if not ids:
            return {}

        def get(client: Any) -> Any:  # in a worker's thread, as the first keys import Feast, which takes seconds
            keys = [key.hex() for key in entity_keys(side, ids)]
            return client.get(self._collection(side), keys, output_fields=fields, **self._within)

        found = await self._call(get)
        return _vectors(side, (entity for entity in found if entity[ENCODER] == encoder))

    def _collection(self, side: str) -> str:
        return f"{self._settings.project}_{side}"

    async def _call(self, work: Callable[[Any], T]) -> T:
        async with self._connecting:
            if self._client is None:
                self._client = await self._in_thread(self._connect)
        return await self._in_thread(lambda: work(self._client))

    def _connect(self) -> Any:
        from pymilvus import MilvusClient  # type: ignore[import-untyped]

        token = os.environ.get(self._settings.token_env, "") if self._settings.token_env else ""
        client = MilvusClient(self._settings.uri, token=token, **self._within)
        for side in SIDES:
            client.load_collection(self._collection(side), **self._within)
        return client

    async def _in_thread(self, work: Callable[[], T]) -> T:
        from pymilvus.exceptions import MilvusException  # type: ignore[import-untyped]

        try:
            result = await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except MilvusException as error:
            code: Code = "DEADLINE_EXCEEDED" if "DEADLINE_EXCEEDED" in str(error) else "UNAVAILABLE"
            self.problem = f"Milvus at {self._settings.uri}: {' '.join(str(error.message).split())}"
            raise ApiError(code, self.problem) from None
        except RuntimeError as error:  # the pool was shut down during the request
            raise ApiError("UNAVAILABLE", str(error)) from None
        self.problem = None
        return result

    async def close(self) -> None:
        """Close the connection, and accept no more calls."""
        self._pool.shutdown(wait=False)
        if self._client is not None:
            await asyncio.to_thread(self._client.close)


def _vectors(side: str, entities: Iterable[Any]) -> Found:
    return {entity[PRODUCT_ID]: entity[VECTORS[side]] for entity in entities}
