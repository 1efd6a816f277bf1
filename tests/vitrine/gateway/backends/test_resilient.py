"""Model servers that hang, refuse, send invalid answers, stop and restart."""

import asyncio
import socket
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.strange_servers import json_server, tcp_server
from tests.vitrine.gateway.backends.test_backend import INPUTS
from tests.vitrine.gateway.model_server import call_backend, remote, serving_grpc, serving_rest
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.gateway.backends.backend import Backend
from vitrine.gateway.backends.resilient import ResilientBackend
from vitrine.gateway.settings import Grpc, Remote, Rest
from vitrine.saved_model.status import ApiError, Code


class Scripted:
    """A model server that follows a script, one step per call, and records each call's time limit."""

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
        """Do nothing."""


def versions_of(server: Scripted, **settings: Any) -> Any:
    scripted: Any = server
    return call_backend(lambda: ResilientBackend(scripted, Remote(**settings)), lambda backend: backend.versions())


class TestRetries:
    def test_unavailable_is_tried_again_with_what_is_left_of_the_time(self) -> None:
        server = Scripted("UNAVAILABLE", "UNAVAILABLE", None)
        assert versions_of(server, attempts=3, timeout_seconds=HANG_SECONDS) == [1]
        assert HANG_SECONDS >= server.seconds[0] > server.seconds[1] > server.seconds[2] > 0

    def test_the_last_attempts_error_is_raised(self) -> None:
        server = Scripted("UNAVAILABLE", "UNAVAILABLE", None)
        with pytest.raises(ApiError, match="as told"):
            versions_of(server, attempts=2)
        assert len(server.seconds) == 2

    @pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "NOT_FOUND", "INTERNAL", "RESOURCE_EXHAUSTED"])
    def test_nothing_else_is_tried_again(self, code: Code) -> None:
        server = Scripted(code, None)
        with pytest.raises(ApiError, match="as told"):
            versions_of(server)
        assert len(server.seconds) == 1

    def test_all_attempts_have_one_deadline(self) -> None:
        server = Scripted("UNAVAILABLE", HANG_SECONDS)
        started = time.monotonic()
        with pytest.raises(ApiError) as raised:
            versions_of(server, timeout_seconds=0.3)
        assert raised.value.code == "DEADLINE_EXCEEDED"
        assert time.monotonic() - started < HANG_SECONDS


class TestCircuitBreaker:
    def outcomes(self, *steps: Code | None, asked: int) -> list[str]:
        """Return the outcomes of calls to a scripted server, behind a breaker that opens at two failures."""
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
        told: list[str] = call_backend(lambda: ResilientBackend(server, settings), ask)
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
        call_backend(lambda: remote(settings), ask)
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

        with tcp_server(None) as port:
            settings = both(port, timeout_seconds=0.4, breaker_failures=2)[kind]
            first, second, third = call_backend(lambda: remote(settings), thrice)
        assert 0.35 < first < HANG_SECONDS
        assert 0.35 < second < HANG_SECONDS
        assert third < 0.35

    @pytest.mark.parametrize(
        "answer", [b"", b"\0" * 100, b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"]
    )
    def test_one_that_speaks_another_language_is_unavailable(self, kind: int, answer: bytes) -> None:
        with tcp_server(answer) as port:
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
        call_backend(lambda: RestBackend(f"http://127.0.0.1:{port}", "m"), ask)  # type: ignore[arg-type, return-value]
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
        calls = (backend.call(1, "rank_text", INPUTS["rank_text"]) for _ in range(100))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        return [outcome.code if isinstance(outcome, ApiError) else repr(outcome) for outcome in outcomes]

    with tcp_server(None) as port:
        settings = Rest(url=f"http://127.0.0.1:{port}", timeout_seconds=0.3, breaker_failures=10_000)

        async def twice(backend: Backend) -> tuple[list[str], float]:
            await ask_often(backend)
            started = time.monotonic()
            return await ask_often(backend), time.monotonic() - started

        codes, seconds = call_backend(lambda: remote(settings), twice)
    assert set(codes) == {"DEADLINE_EXCEEDED"}
    assert seconds < 0.3 * 100  # the deadlines one after the other


@pytest.mark.parametrize(("kind", "serving"), [(0, serving_grpc), (1, serving_rest)], ids=["grpc", "rest"])
def test_a_server_that_goes_and_comes_back_is_found_again(servables: Any, kind: int, serving: Any) -> None:
    port = free_port()
    settings = both(port, timeout_seconds=10, breaker_failures=2, breaker_seconds=0.3)[kind]

    async def until(backend: Backend, wanted: bool) -> list[str]:
        """Return the error codes of calls until one is answered, or fails."""
        codes = []
        ends = time.monotonic() + HANG_SECONDS
        while time.monotonic() < ends:
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

    before, came, gone, again = call_backend(lambda: remote(settings), ask)
    assert set(before + came + gone + again) == {"UNAVAILABLE"}


def test_a_gateway_outlives_its_model_server(servables: Any, pushed: Path, start_gateway: Any) -> None:
    rest, grpc = free_port(), free_port()
    short = {"timeout_seconds": 2, "breaker_failures": 2, "breaker_seconds": 0.3}
    backends = {
        "g": {"kind": "grpc", "target": f"127.0.0.1:{grpc}", **short},
        "r": {"kind": "rest", "url": f"http://127.0.0.1:{rest}", **short},
    }
    catalogues = {name: {"serving": str(pushed), "backend": backend} for name, backend in backends.items()}

    def statuses() -> list[int]:
        unique = f"red mug {uuid.uuid4()}"
        return [client.post(f"/{name}/search", json={"query": unique}).status_code for name in backends]

    def until(wanted: set[int], ready: str) -> None:
        wait_until(
            lambda: set(statuses()) == wanted and client.get("/ready").json()["status"] == ready,
            lambda: (statuses(), client.get("/ready").json()),
        )

    with ExitStack() as stack:
        with serving_rest(servables, rest), serving_grpc(servables, grpc):
            client = stack.enter_context(start_gateway({"catalogues": catalogues, "limits": {"rate": "9999999/day"}}))
            assert statuses() == [200, 200]
        until({503}, "degraded")
        with tcp_server(None, rest), tcp_server(None, grpc):
            assert set(statuses()) <= {503, 504}
            until({503}, "degraded")
        with serving_rest(servables, rest), serving_grpc(servables, grpc):
            until({200}, "ok")
