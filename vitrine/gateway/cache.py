"""A cache of query vectors and rankings, in this process and in a Redis that processes share.

A Redis that is slow, unreachable or returns invalid values costs one timeout, and is then not used for a while. It
never fails a request: a value that is not in the cache is computed.
"""

import asyncio
import copy
import hashlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol
from weakref import WeakValueDictionary

import redis.asyncio
from cachetools import TTLCache
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from vitrine.gateway.settings import CacheSettings
from vitrine.resilience.circuit_breaker import CircuitBreaker, CircuitOpenError

PREFIX: Final = "vitrine:1:"
"""Prefix of every Redis key; the number is the version of the value format."""
DIGEST_BYTES: Final = 16
"""Bytes of the digest in front of each value in Redis."""
MAX_CONNECTIONS: Final = 32
"""Simultaneous connections to Redis; further look-ups wait for one, which takes little time."""
MAX_VALUE_BYTES: Final = 2**20
"""Bytes of the largest value that is cached."""
PAUSE_SECONDS: Final = 2.0
"""Seconds for which a Redis that failed is not used."""

_log = logging.getLogger(__name__)


class Counter(Protocol):
    """A counter of look-ups by outcome: `memory`, `redis` or `miss`."""

    def __call__(self, outcome: str) -> None: ...


@dataclass
class Lookups:
    """The look-ups of one request: the keys of the values that it has stored, and whether it has used another's."""

    stored: set[str] = field(default_factory=set)
    is_hit: bool = False


class Cache:
    """Bytes by key, for `settings.seconds`.

    A value that is read from Redis is then kept in memory for the same time again.
    """

    _lookups: Lookups | None = None

    def __init__(self, settings: CacheSettings, count: Counter = lambda _: None) -> None:
        self._settings = settings
        self._count = count
        self._memory: TTLCache[str, bytes] = TTLCache(settings.memory_bytes, settings.seconds, getsizeof=_size)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._breaker = CircuitBreaker(1, PAUSE_SECONDS, lambda _: True)
        self._redis: redis.asyncio.Redis | None = None
        if settings.redis:
            timeout = settings.redis_timeout_seconds
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                settings.redis,
                max_connections=MAX_CONNECTIONS,
                timeout=timeout,
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),  # a later request tries again, after the pause
            )
            self._redis = redis.asyncio.Redis.from_pool(pool)

    def of_request(self, lookups: Lookups) -> "Cache":
        """Return this cache for one request, whose look-ups are noted in `lookups`."""
        view = copy.copy(self)
        view._lookups = lookups
        return view

    def lock(self, key: str) -> asyncio.Lock:
        """Return the lock of a key: with it a value is computed once, and the tasks that wait find it in the cache."""
        return self._locks.setdefault(key, asyncio.Lock())

    async def get(self, key: str) -> bytes | None:
        """Return the value of a key, or None if it is not cached."""
        value = self._memory.get(key)
        outcome = "miss" if value is None else "memory"
        if value is None and self._redis is not None:
            value = _verified(key, await self._run(self._redis.get, PREFIX + key))
            if value is not None:
                outcome = "redis"
                self._put_in_memory(key, value)
        self._count(outcome)
        if value is not None and self._lookups and key not in self._lookups.stored:
            self._lookups.is_hit = True
        return value

    async def put(self, key: str, value: bytes) -> None:
        """Store a value, unless it is larger than `MAX_VALUE_BYTES`."""
        if len(value) > MAX_VALUE_BYTES:
            return
        if self._lookups:
            self._lookups.stored.add(key)
        self._put_in_memory(key, value)
        if self._redis is not None:
            milliseconds = max(1, int(self._settings.seconds * 1000))
            await self._run(self._redis.set, PREFIX + key, _digest(key, value) + value, px=milliseconds)

    def _put_in_memory(self, key: str, value: bytes) -> None:
        if _size(value) <= self._settings.memory_bytes:
            self._memory[key] = value

    async def _run(self, command: Callable[..., Awaitable[object]], *values: str | bytes, **options: int) -> object:
        """Run a Redis command; return None if it fails or if Redis is not used after a failure."""
        try:
            with self._breaker.guard():
                async with asyncio.timeout(self._settings.redis_timeout_seconds):
                    return await command(*values, **options)
        except CircuitOpenError:
            return None
        except (RedisError, OSError, TimeoutError) as error:
            if self._breaker.consecutive_failures == 1:  # of the requests that waited, only the first one logs it
                _log.warning("Redis failed and is not used for %g s: %s", PAUSE_SECONDS, type(error).__name__)
            return None

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()


def _size(value: bytes) -> int:
    """Return the bytes that a value takes in memory, including its key and the cache's overhead."""
    return len(value) + 500


def _verified(key: str, stored: object) -> bytes | None:
    """Return the value that follows its digest, or None: other programs may write to the same Redis."""
    if not isinstance(stored, bytes):
        return None
    value = stored[DIGEST_BYTES:]
    return value if stored[:DIGEST_BYTES] == _digest(key, value) else None


def _digest(key: str, value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=DIGEST_BYTES, key=key.encode()).digest()


def cache_key(*parts: str | bytes | float) -> str:
    """Return a key for values that depend on all of `parts`."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode(errors="surrogatepass")
        digest.update(len(raw).to_bytes(8, "little"))
        digest.update(raw)
    return digest.hexdigest()
