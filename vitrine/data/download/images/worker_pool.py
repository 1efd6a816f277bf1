"""Workers that fetch addresses side by side and store what they get."""

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
"""Is told how many of how many addresses are done."""


class WorkerPool:
    """Fetches each address once; what is stored is in the checkpoint before the next one begins."""

    def __init__(self, limits: Limits, store: ImageStore, checkpoint: Checkpoint, progress: Progress) -> None:
        self._limits, self._store, self._checkpoint, self._progress = limits, store, checkpoint, progress
        self._failed_in_a_row: Counter[str] = Counter()

    async def fetch(self, urls: Sequence[str], policy: AddressPolicy) -> dict[str, Fetched]:
        """The stored picture of each address, or why there is none, in the order of `urls`.

        Raises:
            OSError: a picture or the checkpoint cannot be written.
        """
        fetched: dict[str, Fetched] = {}
        remaining = iter(urls)
        end = time.monotonic() + (self._limits.run_seconds or float("inf"))

        async def work(fetcher: Fetcher, decoders: ThreadPoolExecutor) -> None:
            for url in remaining:
                fetched[url] = await self._one(url, fetcher, decoders, time.monotonic() > end)
                self._progress(len(fetched), len(urls))

        self._progress(0, len(urls))
        # Decoded pictures are large: only as many at a time as there are processors.
        with ThreadPoolExecutor(os.cpu_count()) as decoders:
            async with Fetcher(self._limits, policy) as fetcher:
                try:
                    async with asyncio.TaskGroup() as group:
                        for _ in range(min(self._limits.workers, len(urls))):
                            group.create_task(work(fetcher, decoders))
                except ExceptionGroup as errors:
                    raise errors.exceptions[0] from None
        return {url: fetched[url] for url in urls}

    async def _one(self, url: str, fetcher: Fetcher, decoders: ThreadPoolExecutor, late: bool) -> Fetched:
        host = _host(url)
        if late:
            return ImageFailure(NOT_TRIED, f"the {self._limits.run_seconds:g} s of this run were over")
        if self._failed_in_a_row[host] >= self._limits.host_failures:
            return ImageFailure(UNREACHABLE, f"not tried, after {self._limits.host_failures} failures of {host}")
        try:
            data = await fetcher.fetch(url)
            stored = await asyncio.get_running_loop().run_in_executor(decoders, self._store.keep, data)
        except ImageFailure as failure:
            self._failed_in_a_row[host] = self._failed_in_a_row[host] + 1 if failure.kind in NETWORK else 0
            return failure
        except UndecodableImage as error:
            self._failed_in_a_row[host] = 0
            return ImageFailure("not a picture", str(error))
        self._failed_in_a_row[host] = 0
        self._checkpoint.add(url, stored)
        return stored


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""
