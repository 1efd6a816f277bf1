"""A cache may be slow, wrong, full or gone: it is never an error, and never another question's answer."""

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
from vitrine.gateway.cache import LARGEST, PREFIX, Cache, key_of
from vitrine.gateway.settings import CacheSettings

PARTS = st.lists(st.one_of(st.text(), st.binary()), max_size=5)


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    if not is_installed():
        pytest.skip("redis-server is not installed")
    with running_redis() as server:
        yield server


def using(ask: Callable[[Cache], Awaitable[Any]], redis: str | None = None, **settings: Any) -> Any:
    """What `ask` gives, in a loop of its own, with a cache that is closed afterwards."""

    async def run() -> Any:
        cache = Cache(CacheSettings(redis=redis, **settings))
        try:
            return await ask(cache)
        finally:
            await cache.close()

    return asyncio.run(run())


PATIENT = {"redis_timeout_seconds": HANG_SECONDS}
"""For what is not about time, on a machine that may be busy."""


def put(redis: str, key: str, value: bytes, **settings: Any) -> None:
    using(lambda cache: cache.put(key, value), redis, **PATIENT | settings)


def get(redis: str, key: str, **settings: Any) -> bytes | None:
    found: bytes | None = using(lambda cache: cache.get(key), redis, **PATIENT | settings)
    return found


class TestKeys:
    @given(PARTS, PARTS)
    def test_of_different_parts_are_different(self, one: list[str | bytes], other: list[str | bytes]) -> None:
        def raw(parts: list[str | bytes]) -> list[bytes]:
            return [part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in parts]

        assert (key_of(*one) == key_of(*other)) == (raw(one) == raw(other))

    @given(st.text(), st.text(), st.text(min_size=1))
    def test_depend_on_where_one_part_ends(self, left: str, right: str, moved: str) -> None:
        assert key_of(left + moved, right) != key_of(left, moved + right)

    def test_are_short_and_plain_whatever_they_are_made_of(self) -> None:
        assert len(key_of("x" * 10**6, b"\r\n\0", 0.5)) == 40
        assert key_of("\ud800").isalnum()


class TestMemory:
    def test_forgets_after_a_while(self) -> None:
        async def ask(cache: Cache) -> Any:
            await cache.put("k", b"v")
            soon = await cache.get("k")
            await asyncio.sleep(2.1)
            return soon, await cache.get("k")

        assert using(ask, seconds=2) == (b"v", None)

    def test_is_bounded_in_bytes_and_the_oldest_go_first(self) -> None:
        async def ask(cache: Cache) -> Any:
            for number in range(100):
                await cache.put(str(number), bytes(9_500))
            await cache.put("huge", bytes(200_000))
            return [key for key in [*map(str, range(100)), "huge"] if await cache.get(key) is not None]

        assert using(ask, memory_bytes=100_000) == [str(number) for number in range(90, 100)]

    def test_does_not_keep_what_is_too_large(self) -> None:
        async def ask(cache: Cache) -> Any:
            await cache.put("k", bytes(LARGEST + 1))
            return await cache.get("k")

        assert using(ask) is None


class TestRedis:
    def test_is_shared_and_forgets_after_a_while(self, redis: RedisServer) -> None:
        put(redis.url, "k", b"\0value\xff", seconds=100)
        assert get(redis.url, "k") == b"\0value\xff"
        assert get(redis.url, "other") is None
        assert 90_000 < blocking_redis.Redis.from_url(redis.url).pttl(PREFIX + "k") <= 100_000

    def test_where_there_is_none_costs_little_and_then_nothing(self) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            url = f"redis://127.0.0.1:{bound.getsockname()[1]}"
            assert max(self._seconds(url, redis_timeout_seconds=HANG_SECONDS)) < HANG_SECONDS

    def test_one_that_hangs_costs_its_timeout_once(self, redis: RedisServer) -> None:
        redis.process.send_signal(signal.SIGSTOP)
        first, second, third = self._seconds(redis.url, redis_timeout_seconds=1)
        assert first > 0.9
        assert max(second, third) < 0.9

    def _seconds(self, url: str, **settings: Any) -> list[float]:
        """How long it takes to look something up that is not there, to keep it, and to look it up in memory."""

        async def ask(cache: Cache) -> list[float]:
            took = []
            for step in (cache.get("k"), cache.put("k", b"v"), cache.get("k")):
                started = time.monotonic()
                answer = await step
                took.append(time.monotonic() - started)
            assert answer == b"v"
            return took

        seconds: list[float] = using(ask, url, **settings)
        return seconds

    def test_many_requests_at_once_wait_for_a_hanging_one_together(self, redis: RedisServer) -> None:
        async def ask(cache: Cache) -> float:
            started = time.monotonic()
            await asyncio.gather(*(cache.get(str(number)) for number in range(300)))
            return time.monotonic() - started

        redis.process.send_signal(signal.SIGSTOP)
        # One after the other they would take 150 seconds.
        assert using(ask, redis.url, redis_timeout_seconds=0.5) < 75

    def test_many_requests_at_once_are_no_reason_to_leave_it_alone(self, redis: RedisServer) -> None:
        async def ask(cache: Cache) -> list[bytes | None]:
            await asyncio.gather(*(cache.put(str(number), b"%d" % number) for number in range(300)))
            cache._memory.clear()
            return list(await asyncio.gather(*(cache.get(str(number)) for number in range(300))))

        found = using(ask, redis.url, **PATIENT)
        assert found == [b"%d" % number for number in range(300)]

    def test_comes_back_and_no_answer_belongs_to_another_question(
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

        hanging, back, gone, new = using(ask, redis.url)
        assert hanging == [None] * 5
        assert back == [key.encode() for key in reversed(keys)]
        assert gone == [None] * 50
        assert new == b"new"

    def test_what_others_wrote_there_is_not_taken_for_ours(self, redis: RedisServer) -> None:
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
        from tests.vitrine.gateway.backends.test_resilient import saying

        with saying(answer) as port:
            assert get(f"redis://127.0.0.1:{port}", "k") is None

    def test_its_password_is_not_logged(self, redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
        assert get(redis.url.replace("redis://", "redis://:hush@"), "k") is None
        assert "Redis failed" in caplog.text
        assert "hush" not in caplog.text


def lookups(client: httpx.Client) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    samples = next(one for one in families if one.name == "vitrine_cache_lookups").samples
    return {one.labels["outcome"]: one.value for one in samples if one.name.endswith("_total")}


def found(client: httpx.Client, query: str, **more: Any) -> Any:
    response = client.post("/predict", json={"query": query, **more})
    assert response.status_code == 200, response.text
    return [(one["product_id"], one["score"], one["why"]) for one in response.json()["results"]]


def catalogue(serving: Path, rest_url: str) -> dict[str, Any]:
    return {"shop": {"serving": serving, "backend": {"kind": "rest", "url": rest_url, "timeout_seconds": 20}}}


def test_gateways_share_results_and_vectors(
    redis: RedisServer, pushed: Path, rest_url: str, start_gateway: Any
) -> None:
    cache = {"redis": redis.url, "redis_timeout_seconds": 2}
    settings = {"catalogues": catalogue(pushed, rest_url), "cache": cache}
    with start_gateway(settings) as one, start_gateway(settings) as other:
        first = found(one, "red mug")
        assert found(one, "red mug") == first
        assert lookups(one) == {"miss": 2, "memory": 1}
        assert found(other, "red mug") == first
        assert lookups(other) == {"redis": 1}
        filtered = found(other, "red mug", filters={"category": ["lamp"]})
        assert filtered != first
        assert lookups(other) == {"redis": 2, "miss": 1}  # the vector, and the other ranking
        redis.process.send_signal(signal.SIGSTOP)
        assert found(one, "blue shoe") == found(other, "blue shoe")
        redis.process.send_signal(signal.SIGCONT)
        redis.kill()
        assert found(one, "green lamp") == found(other, "green lamp")


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
            found(client, "red mug")
            assert lookups(client) == {"miss": 2}


def test_after_a_swap_nothing_old_is_answered(pushed: Path, tmp_path: Path, start_gateway: Any) -> None:
    push(pushed, tmp_path, 1)
    with start_gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        found(client, "red mug")
        found(client, "red mug")
        assert lookups(client) == {"miss": 2, "memory": 1}
        push(pushed, tmp_path, 2)
        wait_until(lambda: client.get("/models").json()["catalogues"][0]["version"] != 1)
        assert client.post("/predict", json={"query": "red mug"}).json()["versions"] == {"shop": 2}
        assert lookups(client) == {"miss": 4, "memory": 1}
