"""A cache may be slow, wrong, full or unreachable: this is never an error, and never gives another query's answer."""

import asyncio
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis as blocking_redis
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.redis_server import RedisServer, is_installed, running_redis
from tests.vitrine.gateway.conftest import push
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.gateway import cache as module
from vitrine.gateway.cache import MAX_VALUE_BYTES, PREFIX, Cache, cache_key
from vitrine.gateway.settings import CacheSettings

PARTS = st.lists(st.one_of(st.text(), st.binary()), max_size=5)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        yield server


def with_cache(ask: Callable[[Cache], Awaitable[Any]], redis: str | None = None, **settings: Any) -> Any:
    """Return the result of `ask`, which runs in a new event loop with a cache that is closed afterwards."""

    async def run() -> Any:
        cache = Cache(CacheSettings(redis=redis, **settings))
        try:
            return await ask(cache)
        finally:
            await cache.close()

    return asyncio.run(run())


LONG_TIMEOUT = {"redis_timeout_seconds": HANG_SECONDS}
"""A timeout for tests that are not about time, because the machine may be busy."""


def put(redis: str, key: str, value: bytes, **settings: Any) -> None:
    with_cache(lambda cache: cache.put(key, value), redis, **LONG_TIMEOUT | settings)


def get(redis: str, key: str, **settings: Any) -> bytes | None:
    value: bytes | None = with_cache(lambda cache: cache.get(key), redis, **LONG_TIMEOUT | settings)
    return value


class TestKeys:
    @given(PARTS, PARTS)
    def test_of_different_parts_are_different(self, first: list[str | bytes], second: list[str | bytes]) -> None:
        def raw(parts: list[str | bytes]) -> list[bytes]:
            return [part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in parts]

        assert (cache_key(*first) == cache_key(*second)) == (raw(first) == raw(second))

    @given(st.text(), st.text(), st.text(min_size=1))
    def test_depend_on_where_one_part_ends(self, left: str, right: str, moved: str) -> None:
        assert cache_key(left + moved, right) != cache_key(left, moved + right)

    def test_are_short_and_plain_whatever_they_are_made_of(self) -> None:
        assert len(cache_key("x" * 10**6, b"\r\n\0", 0.5)) == 40
        assert cache_key("\ud800").isalnum()


class TestMemory:
    def test_forgets_after_a_while(self) -> None:
        async def ask(cache: Cache) -> Any:
            await cache.put("k", b"v")
            soon = await cache.get("k")
            await asyncio.sleep(2.1)
            return soon, await cache.get("k")

        assert with_cache(ask, seconds=2) == (b"v", None)

    def test_is_bounded_in_bytes_and_the_oldest_go_first(self) -> None:
        async def ask(cache: Cache) -> Any:
            for number in range(100):
                await cache.put(str(number), bytes(9_500))
            await cache.put("huge", bytes(200_000))
            return [key for key in [*map(str, range(100)), "huge"] if await cache.get(key) is not None]

        assert with_cache(ask, memory_bytes=100_000) == [str(number) for number in range(90, 100)]

    def test_does_not_keep_what_is_too_large(self) -> None:
        async def ask(cache: Cache) -> Any:
            await cache.put("k", bytes(MAX_VALUE_BYTES + 1))
            return await cache.get("k")

        assert with_cache(ask) is None


class TestRedis:
    def test_is_shared_and_forgets_after_a_while(self, redis: RedisServer) -> None:
        put(redis.url, "k", b"\0value\xff", seconds=100)
        assert get(redis.url, "k") == b"\0value\xff"
        assert get(redis.url, "other") is None
        assert 90_000 < blocking_redis.Redis.from_url(redis.url).pttl(PREFIX + "k") <= 100_000

    def test_an_unreachable_server_costs_little_and_then_nothing(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            url = f"redis://127.0.0.1:{bound.getsockname()[1]}"
            assert max(self._seconds(url, redis_timeout_seconds=HANG_SECONDS)) < HANG_SECONDS

    def test_a_server_that_hangs_costs_one_timeout(self, redis: RedisServer) -> None:
        redis.process.send_signal(signal.SIGSTOP)
        first, second, third = self._seconds(redis.url, redis_timeout_seconds=1)
        assert first > 0.9
        assert max(second, third) < 0.9

    def _seconds(self, url: str, **settings: Any) -> list[float]:
        """Return the seconds of a miss, of a put, and of a hit in memory."""

        async def ask(cache: Cache) -> list[float]:
            took = []
            for step in (cache.get("k"), cache.put("k", b"v"), cache.get("k")):
                started = time.monotonic()
                answer = await step
                took.append(time.monotonic() - started)
            assert answer == b"v"
            return took

        seconds: list[float] = with_cache(ask, url, **settings)
        return seconds

    def test_many_requests_at_once_wait_for_a_hanging_one_together(self, redis: RedisServer) -> None:
        async def ask(cache: Cache) -> float:
            started = time.monotonic()
            await asyncio.gather(*(cache.get(str(number)) for number in range(300)))
            return time.monotonic() - started

        redis.process.send_signal(signal.SIGSTOP)
        # One after the other they would take 150 seconds.
        assert with_cache(ask, redis.url, redis_timeout_seconds=0.5) < 75

    def test_many_requests_at_once_do_not_count_as_a_failure(self, redis: RedisServer) -> None:
        async def ask(cache: Cache) -> list[bytes | None]:
            await asyncio.gather(*(cache.put(str(number), b"%d" % number) for number in range(300)))
            cache._memory.clear()
            return list(await asyncio.gather(*(cache.get(str(number)) for number in range(300))))

        values = with_cache(ask, redis.url, **LONG_TIMEOUT)
        assert values == [b"%d" % number for number in range(300)]

    def test_recovers_and_no_answer_belongs_to_another_query(
        self, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
        keys = [f"k{number}" for number in range(50)]

        async def ask(cache: Cache) -> Any:
            for key in keys:
                await cache.put(key, key.encode())
            cache._memory.clear()
            redis.process.send_signal(signal.SIGSTOP)
            hanging = [await cache.get(key) for key in keys[:5]]
            redis.process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.1)
            back = [await cache.get(key) for key in reversed(keys)]
            cache._memory.clear()
            redis.kill()
            gone = [await cache.get(key) for key in keys]
            redis.start()
            await cache.put("new", b"new")
            cache._memory.clear()
            return hanging, back, gone, await cache.get("new")

        hanging, back, gone, new = with_cache(ask, redis.url)
        assert hanging == [None] * 5
        assert back == [key.encode() for key in reversed(keys)]
        assert gone == [None] * 50
        assert new == b"new"

    def test_values_that_other_programs_wrote_are_ignored(self, redis: RedisServer) -> None:
        put(redis.url, "k", b"value")
        client = blocking_redis.Redis.from_url(redis.url)
        sealed = client.get(PREFIX + "k")
        for wrong in (b"", b"x", sealed[:-1], sealed + b"x", sealed[:5] + b"\0" + sealed[6:], sealed[::-1]):
            client.set(PREFIX + "k", wrong)
            assert get(redis.url, "k") is None
        client.set(PREFIX + "other", sealed)
        assert get(redis.url, "other") is None
        client.delete(PREFIX + "k")
        client.rpush(PREFIX + "k", "a list")
        assert get(redis.url, "k") is None

    @pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"$-7\r\n", b"\0\0\0\0\r\n", b""])
    def test_a_server_that_is_no_redis_is_only_a_miss(self, answer: bytes) -> None:
        from tests.vitrine.gateway.backends.test_resilient import tcp_server

        with tcp_server(answer) as port:
            assert get(f"redis://127.0.0.1:{port}", "k") is None

    def test_its_password_is_not_logged(self, redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
        assert get(redis.url.replace("redis://", "redis://:hush@"), "k") is None
        assert "Redis failed" in caplog.text
        assert "hush" not in caplog.text


def lookups(client: httpx.Client) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = next(family for family in families if family.name == "vitrine_cache_lookups").samples
    return {sample.labels["outcome"]: sample.value for sample in samples if sample.name.endswith("_total")}


def search_results(client: httpx.Client, query: str, **more: Any) -> Any:
    response = client.post("/predict", json={"query": query, **more})
    assert response.status_code == 200, response.text
    return [(result["product_id"], result["score"], result["why"]) for result in response.json()["results"]]


def catalogue(serving: Path, rest_url: str) -> dict[str, Any]:
    return {"shop": {"serving": serving, "backend": {"kind": "rest", "url": rest_url, "timeout_seconds": 20}}}


def test_gateways_share_results_and_vectors(
    redis: RedisServer, pushed: Path, rest_url: str, start_gateway: Any
) -> None:
    cache = {"redis": redis.url, "redis_timeout_seconds": 2}
    settings = {"catalogues": catalogue(pushed, rest_url), "cache": cache}
    with start_gateway(settings) as first_gateway, start_gateway(settings) as second_gateway:
        results = search_results(first_gateway, "red mug")
        assert search_results(first_gateway, "red mug") == results
        assert lookups(first_gateway) == {"miss": 2, "memory": 1}
        assert search_results(second_gateway, "red mug") == results
        assert lookups(second_gateway) == {"redis": 1}
        filtered = search_results(second_gateway, "red mug", filters={"category": ["lamp"]})
        assert filtered != results
        assert lookups(second_gateway) == {"redis": 2, "miss": 1}  # the vector, and the other ranking
        redis.process.send_signal(signal.SIGSTOP)
        assert search_results(first_gateway, "blue shoe") == search_results(second_gateway, "blue shoe")
        redis.process.send_signal(signal.SIGCONT)
        redis.kill()
        assert search_results(first_gateway, "green lamp") == search_results(second_gateway, "green lamp")


def test_other_products_under_the_same_version_are_not_taken_for_them(
    redis: RedisServer, pushed: Path, tmp_path: Path, rest_url: str, start_gateway: Any
) -> None:
    import json

    other = tmp_path / "serving"
    push(pushed, other, 1)
    description = other / "index" / "1" / "index.json"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"fingerprint": "e" * 64}))
    cache = {"redis": redis.url, "redis_timeout_seconds": 2}
    for serving in (pushed, other):
        with start_gateway({"catalogues": catalogue(serving, rest_url), "cache": cache}) as client:
            search_results(client, "red mug")
            assert lookups(client) == {"miss": 2}


def test_after_a_swap_nothing_old_is_answered(pushed: Path, tmp_path: Path, start_gateway: Any) -> None:
    push(pushed, tmp_path, 1)
    with start_gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        search_results(client, "red mug")
        search_results(client, "red mug")
        assert lookups(client) == {"miss": 2, "memory": 1}
        push(pushed, tmp_path, 2)
        wait_until(lambda: client.get("/models").json()["catalogues"][0]["version"] != 1)
        assert client.post("/predict", json={"query": "red mug"}).json()["versions"] == {"shop": 2}
        assert lookups(client) == {"miss": 4, "memory": 1}
