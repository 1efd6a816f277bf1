"""An engine behind the gateway's API, at an address or in this process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import ValidationError
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from vitrine import progress
from vitrine.audit.gateway_responses import Models, answer_of
from vitrine.audit.target import TOP, Answer
from vitrine.errors import BusyError, NetworkError
from vitrine.resilience.retry_after import BUSY, retry_after, wait_retry_after

CONCURRENT: Final = 4
"""Searches that wait for an answer at a time."""
TIMEOUT_SECONDS: Final = 60.0
ATTEMPTS: Final = 8
LONGEST_WAIT: Final = 30.0
REPORT_EVERY: Final = 100


class GatewayTarget:
    """An engine that answers by the gateway's API; see `Target`."""

    def __init__(self, name: str, client: httpx.AsyncClient, portal: BlockingPortal, searches_images: bool) -> None:
        self.name = name
        self.searches_images = searches_images
        self._client, self._portal = client, portal

    def search(self, queries: Sequence[str], k: int = TOP) -> list[Answer]:
        """Return the answer to each query, with at most `k` results."""
        return self._all("queries", [partial(self._text, query, k) for query in queries])

    def search_images(self, images: Sequence[bytes], k: int = TOP) -> list[Answer]:
        """Return the answer to each image, with at most `k` results."""
        return self._all("images", [partial(self._image, image, k) for image in images])

    def _all(self, noun: str, calls: Sequence[Callable[[], Awaitable[Answer]]]) -> list[Answer]:
        return self._portal.call(_gather, noun, calls)

    async def _text(self, query: str, k: int) -> Answer:
        return answer_of(await self._sent("/predict", json={"query": query, "k": k}))

    async def _image(self, image: bytes, k: int) -> Answer:
        return answer_of(await self._sent("/predict-image", files={"file": ("image", image)}, data={"k": str(k)}))

    async def _sent(self, path: str, **body: object) -> httpx.Response:
        attempts = AsyncRetrying(
            retry=retry_if_exception_type(BusyError),
            wait=wait_retry_after(wait_exponential(multiplier=0.5, max=LONGEST_WAIT)),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        response: httpx.Response = await attempts(self._send, path, body)
        return response

    async def _send(self, path: str, body: dict[str, object]) -> httpx.Response:
        try:
            response = await self._client.post(path, **body)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise NetworkError(f"{self.name}: {error or type(error).__name__}") from None
        if response.status_code in BUSY:
            raise BusyError(f"{self.name}: status {response.status_code}", retry_after(response.headers))
        return response


async def _gather(noun: str, calls: Sequence[Callable[[], Awaitable[Answer]]]) -> list[Answer]:
    limit, done = asyncio.Semaphore(CONCURRENT), 0

    async def answered(call: Callable[[], Awaitable[Answer]]) -> Answer:
        nonlocal done
        async with limit:
            answer = await call()
        done += 1
        if done % REPORT_EVERY == 0:
            progress.report(noun, done, len(calls))
        return answer

    return list(await asyncio.gather(*(answered(call) for call in calls)))


@contextmanager
def remote_target(url: str, key: str | None = None) -> Iterator[GatewayTarget]:
    """Yield the gateway at `url`, such as http://127.0.0.1:8000, with an API key if it needs one.

    Raises:
        NetworkError: It cannot be reached, or is no gateway.
    """
    headers = {"x-api-key": key} if key else {}
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)
        try:
            yield GatewayTarget(url, client, portal, portal.call(_searches_images, client))
        finally:
            portal.call(client.aclose)


async def _searches_images(client: httpx.AsyncClient) -> bool:
    try:
        response = (await client.get("/models")).raise_for_status()
        catalogues = Models.model_validate_json(response.content).catalogues
    except (httpx.HTTPError, httpx.InvalidURL, ValidationError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NetworkError(f"{client.base_url} is no gateway that can be audited: {reason}") from None
    if not catalogues:
        raise NetworkError(f"{client.base_url}: no catalogue can be searched yet; /ready says why")
    return any(catalogue.searches_images for catalogue in catalogues)
