"""A pool of workers that fetch addresses concurrently and store the images."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from vitrine.data.download.images.address_policy import AddressPolicy
from vitrine.data.download.images.checkpoint import Checkpoint
from vitrine.data.download.images.failure import NETWORK, NOT_TRIED, UNREACHABLE, ImageFailure
from vitrine.data.download.images.http_client import Fetcher
from vitrine.data.download.images.limits import Limits
from vitrine.data.download.images.store import ImageStore, Stored
from vitrine.data.images.decoding import UndecodableImage

Fetched = Stored | ImageFailure
Progress = Callable[[int, int], None]
"""A callback for the number of finished addresses and the total."""


class WorkerPool:
    """Workers that fetch each address once and record each stored image before they take the next address."""

    def __init__(self, limits: Limits, store: ImageStore, checkpoint: Checkpoint, progress: Progress) -> None:
        self._limits, self._store, self._checkpoint, self._progress = limits, store, checkpoint, progress
        self._consecutive_failures: Counter[str] = Counter()

    async def fetch(self, urls: Sequence[str], policy: AddressPolicy) -> dict[str, Fetched]:
        """Return the stored image or the failure of each address, in the order of `urls`.

        Raises:
            OSError: an image or the checkpoint cannot be written.
        """
        fetched: dict[str, Fetched] = {}
        remaining = iter(urls)
        end = time.monotonic() + (self._limits.run_seconds or float("inf"))

        async def work(fetcher: Fetcher, decoders: ThreadPoolExecutor) -> None:
            for url in remaining:
                fetched[url] = await self._fetch_and_store(url, fetcher, decoders, time.monotonic() > end)
                self._progress(len(fetched), len(urls))

        self._progress(0, len(urls))
        # Decoded images are large: decode only as many at a time as there are processors.
        with ThreadPoolExecutor(os.cpu_count()) as decoders:
            async with Fetcher(self._limits, policy) as fetcher:
                try:
                    async with asyncio.TaskGroup() as group:
                        for _ in range(min(self._limits.workers, len(urls))):
                            group.create_task(work(fetcher, decoders))
                except ExceptionGroup as errors:
                    raise errors.exceptions[0] from None
        return {url: fetched[url] for url in urls}

    async def _fetch_and_store(self, url: str, fetcher: Fetcher, decoders: ThreadPoolExecutor, late: bool) -> Fetched:
        host = _host(url)
        if late:
            return ImageFailure(NOT_TRIED, f"the {self._limits.run_seconds:g} s of this run were over")
        if self._consecutive_failures[host] >= self._limits.host_failures:
            return ImageFailure(UNREACHABLE, f"not tried, after {self._limits.host_failures} failures of {host}")
        try:
            data = await fetcher.fetch(url)
            stored = await asyncio.get_running_loop().run_in_executor(decoders, self._store.keep, data)
        except ImageFailure as failure:
            self._consecutive_failures[host] = self._consecutive_failures[host] + 1 if failure.kind in NETWORK else 0
            return failure
        except UndecodableImage as error:
            self._consecutive_failures[host] = 0
            return ImageFailure("not an image", str(error))
        self._consecutive_failures[host] = 0
        self._checkpoint.add(url, stored)
        return stored


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
