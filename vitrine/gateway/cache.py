"""What was computed a moment ago: in this process, and in a Redis that processes share.

A Redis that is slow, away or gives nonsense costs one timeout, and is then left alone for a while. It never fails a
request: whatever is not in a cache is computed.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import redis.asyncio
from cachetools import TTLCache
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from vitrine.gateway.settings import CacheSettings
from vitrine.resilience.circuit_breaker import CircuitBreaker, CircuitOpenError

PREFIX: Final = "vitrine:1:"
"""Of every key; the number is that of the format of what is kept."""
SEAL: Final = 16
"""Bytes of the digest before each value in Redis."""
CONNECTIONS: Final = 32
"""To Redis at a time; more look-ups wait their turn, which is short."""
LARGEST: Final = 2**20
"""Bytes of a value; larger ones are not kept."""
PAUSE_SECONDS: Final = 2.0
"""How long a Redis that failed is left alone."""

_log = logging.getLogger(__name__)


class Counter(Protocol):
    """Counts look-ups by where they ended: `memory`, `redis` or `miss`."""

    def __call__(self, outcome: str) -> None: ...


class Cache:
    """Bytes by key, for `settings.seconds`; what a second process reads from Redis it keeps for as long once more."""

    def __init__(self, settings: CacheSettings, count: Counter = lambda _: None) -> None:
        self._settings = settings
        self._count = count
        self._memory: TTLCache[str, bytes] = TTLCache(settings.memory_bytes, settings.seconds, getsizeof=_size)
        self._breaker = CircuitBreaker(1, PAUSE_SECONDS, lambda _: True)
        self._redis: redis.asyncio.Redis | None = None
        if settings.redis:
            timeout = settings.redis_timeout_seconds
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                settings.redis,
                max_connections=CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),  # it is tried again after a pause, by another request
            )
            self._redis = redis.asyncio.Redis.from_pool(pool)

    async def get(self, key: str) -> bytes | None:
        """The value of a key, if there is one."""
        found = self._memory.get(key)
        if found is not None:
            self._count("memory")
            return found
        if self._redis is not None:
            found = _opened(key, await self._ask(self._redis.get, PREFIX + key))
        self._count("miss" if found is None else "redis")
        if found is not None:
            self._remember(key, found)
        return found

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value."""
        if len(value) > LARGEST:
            return
        self._remember(key, value)
        if self._redis is not None:
            milliseconds = max(1, int(self._settings.seconds * 1000))
            await self._ask(self._redis.set, PREFIX + key, _sealed(key, value), px=milliseconds)

    def _remember(self, key: str, value: bytes) -> None:
        if _size(value) <= self._settings.memory_bytes:
            self._memory[key] = value

    async def _ask(self, command: Callable[..., Awaitable[Any]], *values: Any, **options: Any) -> Any:
        """What Redis answers, or None where it fails or is left alone."""
        try:
            with self._breaker.guard():
                async with asyncio.timeout(self._settings.redis_timeout_seconds):
                    return await command(*values, **options)
        except CircuitOpenError:
            return None
        except (RedisError, OSError, TimeoutError) as error:
            if self._breaker.consecutive_failures == 1:  # the first of those that waited says so
                _log.warning("Redis failed and is left alone for %g s: %s", PAUSE_SECONDS, type(error).__name__)
            return None

    async def close(self) -> None:
        """Close the connections."""
        if self._redis is not None:
            await self._redis.aclose()


def _size(value: bytes) -> int:
    """Bytes that a value takes in memory, its key and the books that are kept of it included."""
    return len(value) + 500


def _sealed(key: str, value: bytes) -> bytes:
    """A value with the digest of its key and itself before it: what others wrote there is not taken for ours."""
    return _seal(key, value) + value


def _opened(key: str, sealed: bytes | None) -> bytes | None:
    if not isinstance(sealed, bytes):
        return None
    value = sealed[SEAL:]
    return value if sealed[:SEAL] == _seal(key, value) else None


def _seal(key: str, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=SEAL, key=key.encode()).digest()


def key_of(*parts: str | bytes | float) -> str:
    """A key for values that depend on all of `parts`."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode(errors="surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()
