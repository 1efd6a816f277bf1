"""Model servers that hang, refuse, lie, die and come back."""

import asyncio
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.strange_servers import json_server, saying
from tests.vitrine.gateway.backends.test_backend import INPUTS
from tests.vitrine.gateway.model_server import asking, remote, serving_grpc, serving_rest
from vitrine.gateway.backends.backend import Backend
from vitrine.gateway.backends.resilient import ResilientBackend
from vitrine.gateway.settings import Grpc, Remote, Rest
from vitrine.saved_model.status import ApiError, Code


class Scripted:
    """A model server that does as it is told, one step a call, and notes how long each may take."""

    def __init__(self, *steps: Code | float | None) -> None:
        self.steps, self.seconds = list(steps), list[float]()

    async def versions(self, seconds: float) -> list[int]:
        self.seconds.append(seconds)
        step = self.steps.pop(0)
        if isinstance(step, float):
            await asyncio.sleep(step)
        elif step:
            raise ApiError(step, "as told")
        return [1]

    async def close(self) -> None:
        """Nothing is held."""


def asked(server: Scripted, **settings: Any) -> Any:
    made: Any = server
    return asking(lambda: ResilientBackend(made, Remote(**settings)), lambda backend: backend.versions())


class TestRetries:
    def test_unavailable_is_tried_again_with_what_is_left_of_the_time(self) -> None:
        server = Scripted("UNAVAILABLE", "UNAVAILABLE", None)
        assert asked(server, attempts=3, timeout_seconds=1) == [1]
        assert 1 >= server.seconds[0] > server.seconds[1] > server.seconds[2] > 0.5

    def test_the_last_attempts_error_is_told(self) -> None:
        server = Scripted("UNAVAILABLE", "UNAVAILABLE", None)
        with pytest.raises(ApiError, match="as told"):
            asked(server, attempts=2)
        assert len(server.seconds) == 2

    @pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "NOT_FOUND", "INTERNAL", "RESOURCE_EXHAUSTED"])
    def test_nothing_else_is_tried_again(self, code: Code) -> None:
        server = Scripted(code, None)
        with pytest.raises(ApiError, match="as told"):
            asked(server)
        assert len(server.seconds) == 1

    def test_all_attempts_have_one_deadline(self) -> None:
        server = Scripted("UNAVAILABLE", 5.0)
        started = time.monotonic()
        with pytest.raises(ApiError) as raised:
            asked(server, timeout_seconds=0.3)
        assert raised.value.code == "DEADLINE_EXCEEDED"
        assert time.monotonic() - started < 1


class TestCircuitBreaker:
    def outcomes(self, *steps: Code | None, asked: int) -> list[str]:
        """How so many calls of a server end that does as told, behind a breaker that opens at two failures."""
        server: Any = Scripted(*steps)

        async def ask(backend: Backend) -> list[str]:
            told = []
            for _ in range(asked):
                try:
                    await backend.versions()
                    told.append("answered")
                except ApiError as error:
                    told.append(f"{error.code}: {error}")
            return told

        settings = Remote(attempts=1, breaker_failures=2, breaker_seconds=60)
        told: list[str] = asking(lambda: ResilientBackend(server, settings), ask)
        assert not server.steps
        return told

    @pytest.mark.parametrize("code", ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"])
    def test_a_server_that_fails_is_left_alone_and_the_reason_told(self, code: Code) -> None:
        told = self.outcomes(code, code, asked=3)
        assert told == [f"{code}: as told"] * 2 + ["UNAVAILABLE: as told"]

    @pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "NOT_FOUND", "INTERNAL", "UNKNOWN"])
    def test_a_model_that_fails_on_some_inputs_does_not_shut_the_others_out(self, code: Code) -> None:
        told = self.outcomes(code, code, code, "UNAVAILABLE", code, "UNAVAILABLE", None, asked=7)
        assert told[-1] == "answered"


def both(port: int, **settings: Any) -> tuple[Remote, Remote]:
    return Grpc(target=f"127.0.0.1:{port}", **settings), Rest(url=f"http://127.0.0.1:{port}", **settings)


def failure(settings: Remote, ask: Callable[[Backend], Awaitable[Any]] = lambda backend: backend.versions()) -> str:
    with pytest.raises(ApiError) as raised:
        asking(lambda: remote(settings), ask)
    return raised.value.code


@pytest.mark.parametrize("kind", [0, 1], ids=["grpc", "rest"])
class TestStrangeServers:
    def test_where_nobody_listens_is_unavailable(self, kind: int) -> None:
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            assert failure(both(bound.getsockname()[1])[kind]) == "UNAVAILABLE"

    def test_one_that_hangs_costs_the_deadline_and_then_nothing(self, kind: int) -> None:
        async def thrice(backend: Backend) -> list[float]:
            took = []
            for _ in range(3):
                started = time.monotonic()
                with pytest.raises(ApiError):
                    await backend.call(1, "rank_text", INPUTS["rank_text"])
                took.append(time.monotonic() - started)
            return took

        with saying(None) as port:
            settings = both(port, timeout_seconds=0.3, breaker_failures=2)[kind]
            first, second, third = asking(lambda: remote(settings), thrice)
        assert 0.25 < first < 0.9
        assert 0.25 < second < 0.9
        assert third < 0.05

    @pytest.mark.parametrize(
        "answer", [b"", b"\0" * 100, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"]
    )
    def test_one_that_speaks_another_language_is_unavailable(self, kind: int, answer: bytes) -> None:
        with saying(answer) as port:
            assert failure(both(port, timeout_seconds=2)[kind]) in ("UNAVAILABLE", "DEADLINE_EXCEEDED")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<html>Bad gateway</html>", "UNAVAILABLE"),
        (b"[" * 100_000, "UNAVAILABLE"),
        (b"null", "INTERNAL"),
        (b"[1, 2]", "INTERNAL"),
        (b'{"model_version_status": [{"version": "one", "state": "AVAILABLE"}]}', "INTERNAL"),
        (b'{"model_version_status": 3}', "INTERNAL"),
    ],
)
def test_json_that_is_no_answer_is_the_servers_fault(body: bytes, code: str) -> None:
    with json_server(body) as port:
        assert failure(Rest(url=f"http://127.0.0.1:{port}")) == code


@pytest.mark.parametrize("body", [b'{"outputs": [[1, 2], [3]]}', b'{"outputs": {"b64": "x"}}', b'{"other": 1}', b"3"])
def test_outputs_that_are_no_tensors_are_the_servers_fault(body: bytes) -> None:
    from vitrine.gateway.backends.rest import RestBackend

    async def ask(backend: Any) -> Any:
        backend._outputs = {1: {"embed_text": ["embedding"]}}
        return await backend.call(1, "embed_text", INPUTS["embed_text"], 2.0)

    with json_server(body) as port, pytest.raises(ApiError) as raised:
        asking(lambda: RestBackend(f"http://127.0.0.1:{port}", "m"), ask)  # type: ignore[arg-type, return-value]
    assert raised.value.code == "INTERNAL"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("503 x", "UNAVAILABLE"),
        ("500 x", "UNKNOWN"),
        ("404 x", "NOT_FOUND"),
        ("418 x", "UNKNOWN"),
        ("302 x", "INTERNAL"),
    ],
)
def test_every_status_has_a_code(status: str, code: str) -> None:
    with json_server(b"{}", status) as port:
        settings = Rest(url=f"http://127.0.0.1:{port}")
        assert failure(settings, lambda backend: backend.signatures(1)) == code


def test_a_connection_that_closes_without_end_does_not_use_up_the_pool() -> None:
    async def ask_often(backend: Backend) -> list[str]:
        asked = (backend.call(1, "rank_text", INPUTS["rank_text"]) for _ in range(100))
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        return [one.code if isinstance(one, ApiError) else repr(one) for one in outcomes]

    with saying(None) as port:
        settings = Rest(url=f"http://127.0.0.1:{port}", timeout_seconds=0.3, breaker_failures=10_000)

        async def twice(backend: Backend) -> tuple[list[str], float]:
            await ask_often(backend)
            started = time.monotonic()
            return await ask_often(backend), time.monotonic() - started

        codes, seconds = asking(lambda: remote(settings), twice)
    assert set(codes) == {"DEADLINE_EXCEEDED"}
    assert seconds < 10  # a hundred deadlines one after the other would take thirty


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.mark.parametrize(("kind", "serving"), [(0, serving_grpc), (1, serving_rest)], ids=["grpc", "rest"])
def test_a_server_that_goes_and_comes_back_is_found_again(servables: Any, kind: int, serving: Any) -> None:
    port = free_port()
    settings = both(port, timeout_seconds=10, breaker_failures=2, breaker_seconds=0.3)[kind]

    async def until(backend: Backend, wanted: bool) -> list[str]:
        """The codes of calls until one is answered, or is not."""
        codes = []
        for _ in range(200):
            try:
                await backend.call(1, "rank_text", INPUTS["rank_text"])
                answered = True
            except ApiError as error:
                codes.append(error.code)
                answered = False
            if answered is wanted:
                return codes
            await asyncio.sleep(0.02)
        raise AssertionError(codes)

    async def ask(backend: Backend) -> Any:
        before = await until(backend, False)
        with serving(servables, port):
            came = await until(backend, True)
        gone = await until(backend, False)
        with serving(servables, port):
            again = await until(backend, True)
        return before, came, gone, again

    before, came, gone, again = asking(lambda: remote(settings), ask)
    assert set(before + came + gone + again) == {"UNAVAILABLE"}


def test_a_gateway_outlives_its_model_server(servables: Any, pushed: Path, start_gateway: Any) -> None:
    rest, grpc = free_port(), free_port()
    short = {"timeout_seconds": 2, "breaker_failures": 2, "breaker_seconds": 0.3}
    backends = {
        "g": {"kind": "grpc", "target": f"127.0.0.1:{grpc}", **short},
        "r": {"kind": "rest", "url": f"http://127.0.0.1:{rest}", **short},
    }
    catalogues = {name: {"serving": str(pushed), "backend": one} for name, one in backends.items()}

    def statuses() -> list[int]:
        unique = f"red mug {uuid.uuid4()}"
        return [client.post(f"/{name}/search", json={"query": unique}).status_code for name in backends]

    def until(wanted: set[int], ready: str) -> None:
        deadline = time.monotonic() + 60
        while set(statuses()) != wanted or client.get("/ready").json()["status"] != ready:
            assert time.monotonic() < deadline, (statuses(), client.get("/ready").json())
            time.sleep(0.05)

    with ExitStack() as stack:
        with serving_rest(servables, rest), serving_grpc(servables, grpc):
            client = stack.enter_context(start_gateway({"catalogues": catalogues, "limits": {"rate": "9999999/day"}}))
            assert statuses() == [200, 200]
        until({503}, "degraded")
        with saying(None, rest), saying(None, grpc):
            started = time.monotonic()
            assert set(statuses()) <= {503, 504}
            assert time.monotonic() - started < 8
            until({503}, "degraded")
        with serving_rest(servables, rest), serving_grpc(servables, grpc):
            until({200}, "ok")
