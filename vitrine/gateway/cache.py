"""What was computed a moment ago: in this process, and in a Redis that processes share.

A Redis that is slow, away or gives nonsense costs one timeout, and is then left alone for a while. It never fails a
request: whatever is not in a cache is computed.
"""

import asyncio
import hashlib
import logging
import time
from typing import Final, Protocol

import redis.asyncio
from cachetools import TTLCache
from redis.exceptions import RedisError

from vitrine.gateway.settings import CacheSettings

PREFIX: Final = "vitrine:1:"
"""Of every key; the number is that of the format of what is kept."""
LARGEST: Final = 2**20
"""Bytes of a value; larger ones are not kept."""
PAUSE_SECONDS: Final = 2.0
"""How long a Redis that failed is left alone."""

_log = logging.getLogger(__name__)


class Counter(Protocol):
    """Counts look-ups by where they ended: `memory`, `redis` or `miss`."""

    def __call__(self, outcome: str) -> None: ...


class Cache:
    """Bytes by key, for `settings.seconds`."""

    def __init__(self, settings: CacheSettings, count: Counter = lambda _: None) -> None:
        self._settings = settings
        self._count = count
        self._memory: TTLCache[str, bytes] = TTLCache(settings.entries, settings.seconds)
        self._retry_at = 0.0
        self._redis: redis.asyncio.Redis | None = None
        if settings.redis:
            timeout = settings.redis_timeout_seconds
            self._redis = redis.asyncio.Redis.from_url(
                settings.redis, socket_timeout=timeout, socket_connect_timeout=timeout
            )

    async def get(self, key: str) -> bytes | None:
        """The value of a key, if there is one."""
        found = self._memory.get(key)
        if found is not None:
            self._count("memory")
            return found
        found = await self._shared_get(key)
        self._count("miss" if found is None else "redis")
        if found is not None:
            self._memory[key] = found
        return found

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        if len(value) > LARGEST:
            return
        self._memory[key] = value
        if self._redis is not None and self._is_up():
            try:
                async with asyncio.timeout(self._settings.redis_timeout_seconds):
                    await self._redis.set(PREFIX + key, value, px=int(self._settings.seconds * 1000))
            except (RedisError, OSError, TimeoutError) as error:
                self._leave_alone(error)

    async def _shared_get(self, key: str) -> bytes | None:
        if self._redis is None or not self._is_up():
            return None
        try:
            async with asyncio.timeout(self._settings.redis_timeout_seconds):
                found: bytes | None = await self._redis.get(PREFIX + key)
        except (RedisError, OSError, TimeoutError) as error:
            self._leave_alone(error)
            return None
        return found

    def _is_up(self) -> bool:
        return time.monotonic() >= self._retry_at

    def _leave_alone(self, error: Exception) -> None:
        self._retry_at = time.monotonic() + PAUSE_SECONDS
        _log.warning("Redis failed and is left alone for %g s: %s", PAUSE_SECONDS, type(error).__name__)

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()


def key_of(*parts: str | bytes | float) -> str:
    """A key for values that depend on all of `parts`."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode(errors="surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()
