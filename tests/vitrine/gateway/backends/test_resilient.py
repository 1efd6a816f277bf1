"""Model servers that hang, refuse, send invalid answers, stop and restart; and the states of the circuit breaker."""

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.vitrine.gateway.backends.test_backend import INPUTS
from tests.vitrine.gateway.model_server import call_backend, remote, serving_grpc, serving_rest
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.gateway.backends.backend import Backend
from vitrine.gateway.backends.resilient import CircuitBreaker, ResilientBackend
from vitrine.gateway.settings import Grpc, Remote, Rest
from vitrine.saved_model.status import ApiError, Code


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def ends(breaker: CircuitBreaker, code: Code | None = None) -> str:
    """Return the outcome of a call through the breaker that ends with `code`."""
    called = False
    try:
        with breaker.watching():
            called = True
            if code:
                raise ApiError(code, f"{code} it is")
    except ApiError as error:
        return error.code if called else "refused"
    return "answered"


class TestCircuitBreaker:
    def test_opens_after_failures_in_a_row(self) -> None:
        breaker = CircuitBreaker(3, 5, Clock())
        outcomes = [
            ends(breaker, "UNAVAILABLE"),
            ends(breaker, "UNAVAILABLE"),
            ends(breaker),
            ends(breaker, "UNAVAILABLE"),
        ]
        assert outcomes == ["UNAVAILABLE", "UNAVAILABLE", "answered", "UNAVAILABLE"]
        assert [ends(breaker, "DEADLINE_EXCEEDED"), ends(breaker, "RESOURCE_EXHAUSTED"), ends(breaker)] == [
            "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "refused"
        ]  # fmt: skip

    def test_says_why_it_is_open(self) -> None:
        breaker = CircuitBreaker(1, 5, Clock())
        ends(breaker, "DEADLINE_EXCEEDED")
        with pytest.raises(ApiError, match="DEADLINE_EXCEEDED it is"), breaker.watching():
            raise AssertionError
        assert ends(breaker) == "refused"

    @pytest.mark.parametrize("code", ["INVALID_ARGUMENT", "NOT_FOUND", "INTERNAL", "UNKNOWN"])
    def test_stays_closed_where_the_server_answers(self, code: Code) -> None:
        breaker = CircuitBreaker(2, 5, Clock())
        assert [ends(breaker, code) for _ in range(5)] == [code] * 5
        assert ends(breaker, "UNAVAILABLE") == "UNAVAILABLE"
        assert ends(breaker, code) == code
        assert ends(breaker, "UNAVAILABLE") == "UNAVAILABLE"
        assert ends(breaker) == "answered"

    def test_half_open_lets_exactly_one_call_through(self) -> None:
        clock = Clock()
        breaker = CircuitBreaker(1, 5, clock)
        ends(breaker, "UNAVAILABLE")
        clock.now += 4.9
        assert ends(breaker) == "refused"
        clock.now += 0.2
        with breaker.watching():
            clock.now += 60
            assert [ends(breaker), ends(breaker)] == ["refused", "refused"]
        assert [ends(breaker), ends(breaker)] == ["answered", "answered"]

    def test_opens_again_when_the_call_that_decides_fails(self) -> None:
        clock = Clock()
        breaker = CircuitBreaker(3, 5, clock)
        for _ in range(3):
            ends(breaker, "UNAVAILABLE")
        clock.now += 6
        assert [ends(breaker, "DEADLINE_EXCEEDED"), ends(breaker)] == ["DEADLINE_EXCEEDED", "refused"]
        clock.now += 6
        assert ends(breaker) == "answered"

    def test_a_deciding_call_that_is_given_up_leaves_it_to_the_next(self) -> None:
        clock = Clock()
        breaker = CircuitBreaker(1, 5, clock)
        ends(breaker, "UNAVAILABLE")
        clock.now += 6
        with pytest.raises(asyncio.CancelledError), breaker.watching():
            raise asyncio.CancelledError
        assert ends(breaker) == "answered"


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


@contextmanager
def tcp_server(answer: bytes | None, port: int = 0) -> Iterator[int]:
    """Run a TCP server that answers every connection with `answer`, or with nothing, and yield its port."""
    listener = socket.create_server(("127.0.0.1", port))
    held = []

    def answers() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            if answer is not None:
                with suppress(OSError):  # the client did not wait for it
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=answers, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in held:
            connection.close()


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


def json_server(body: bytes, status: str = "200 OK") -> Any:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return tcp_server(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)


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
