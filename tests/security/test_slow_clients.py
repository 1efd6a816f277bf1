"""Clients that send slowly, not at all, or take nothing are closed, and do not keep others from being answered."""

import asyncio
import resource
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from tests.in_thread import in_thread
from tests.security.conftest import Server, connect, exchange, read_all, running_gateway, statuses
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.http_server.limits import DEFAULT_LIMITS, ConnectionLimits

CLOSE = "Connection: close\r\n"


def drip(connection: socket.socket, data: bytes) -> None:
    """Send some bytes now and then, until the server has closed the connection."""
    try:
        while True:
            connection.sendall(data)
            time.sleep(0.2)
    except OSError:
        return


@pytest.mark.parametrize("start", [b"GET /health HTTP/1.1\r\nHost: a\r\n", b"G"])
def test_a_head_that_never_ends_is_answered_and_closed(server: Server, start: bytes) -> None:
    with connect(server.port) as connection:
        connection.sendall(start)
        threading.Thread(target=drip, args=(connection, b"X: y\r\n" if start != b"G" else b"E"), daemon=True).start()
        assert statuses(read_all(connection)) in ([408], [400], [])  # a reset can overtake the answer
    assert server.is_answering()


def test_a_head_without_another_byte_is_answered_with_408(server: Server) -> None:
    answer = exchange(server.port, b"GET /health HTTP/1.1\r\nHost: a\r\n")
    assert statuses(answer) == [408]
    assert b'{"error": "the head of the request took longer than 1 seconds"}' in answer


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"])
def test_a_connection_that_sends_no_request_is_closed(server: Server, sent: bytes) -> None:
    assert exchange(server.port, sent) == b""


def test_a_body_that_never_ends_is_answered_with_408(server: Server) -> None:
    assert statuses(exchange(server.port, server.request()[:-5])) == [408]
    chunked = server.request("Transfer-Encoding: chunked\r\n").replace(b"Content-Length", b"X-Length")
    assert statuses(exchange(server.port, chunked[: -len(server.body)] + b'5\r\n{"que\r\n')) == [408]


def test_an_idle_connection_is_closed_whatever_it_drips_between_requests(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(server.request())
        threading.Thread(target=drip, args=(connection, b"\r\n"), daemon=True).start()
        assert statuses(read_all(connection)) == [200]


def test_hundreds_of_slow_clients_do_not_keep_others_from_being_answered(server: Server) -> None:
    slow = []
    try:
        for number in range(300):
            slow.append(connect(server.port))
            part = (b"", b"POST / HTTP/1.1\r\nHost: a\r\n", server.request()[:-5])[number % 3]
            slow[-1].sendall(part)
            if number % 50 == 0:
                assert server.is_answering()
        assert server.is_answering()
    finally:
        for connection in slow:
            connection.close()


def test_slow_bodies_do_not_take_the_places_of_requests_that_are_complete(pushed: Any, servables: Any) -> None:
    with running_gateway(pushed, servables, DEFAULT_LIMITS, limits={"concurrent": 4, "seconds": HANG_SECONDS}) as port:
        server = Server("gateway", port)
        slow = [connect(port) for _ in range(6)]
        for connection in slow:
            connection.sendall(server.request()[:-5])
        assert statuses(read_all(slow[0])) == statuses(read_all(slow[1])) == [408]
        assert server.is_answering()
        assert statuses(read_all(slow[2])) == [408]
        for connection in slow:
            connection.close()


class Held:
    """An application whose responses, of `size` bytes, wait for `release`."""

    def __init__(self, size: int) -> None:
        self.size, self.under_way, self.completed = size, 0, 0
        self.release = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.under_way += 1
        await self.release.wait()
        headers = [(b"content-length", str(self.size).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for _ in range(self.size // 1000):
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
        await send({"type": "http.response.body"})
        self.completed += 1


def test_clients_that_are_being_answered_are_never_given_up_for_others() -> None:
    app = Held(1000)
    limits = ConnectionLimits(connections=3)
    with in_thread(app, abrupt=True, limits=limits) as port:
        open_ones = [connect(port) for _ in range(3)]
        for connection in open_ones:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{CLOSE}\r\n".encode())
        wait_until(lambda: app.under_way == 3)
        refused = exchange(port, b"GET / HTTP/1.1\r\n")
        assert statuses(refused) in ([503], [])
        app.release._loop.call_soon_threadsafe(app.release.set)  # type: ignore[attr-defined]
        assert [statuses(read_all(connection)) for connection in open_ones] == [[200]] * 3
        assert httpx.get(f"http://127.0.0.1:{port}", timeout=HANG_SECONDS).status_code == 200


def test_a_client_that_does_not_take_its_response_is_closed() -> None:
    app = Held(50_000_000)
    app.release.set()
    limits = ConnectionLimits(stall_seconds=0.5)
    with in_thread(app, abrupt=True, limits=limits) as port, connect(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_until(lambda: app.completed == 1)  # the rest is thrown away
        assert 0 < len(read_all(connection)) < app.size


def test_connections_leave_half_of_the_files_that_may_be_open_to_others() -> None:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert ConnectionLimits(connections=10**9).most_connections() == files // 2
    assert ConnectionLimits(connections=7).most_connections() == 7


def test_silent_connections_to_grpc_are_bounded_and_closed(servables: Any) -> None:
    from vitrine.serving.api.grpc import start_grpc
    from vitrine.serving.api.rest import Limits

    limits = ConnectionLimits(connections=20, head_seconds=1.0)
    server, port = start_grpc(servables, "127.0.0.1", 0, Limits(), limits)
    silent = [connect(port) for _ in range(50)]
    try:
        assert all(read_all(connection) is not None for connection in silent)
        wait_until(lambda: grpc_answers(port))
    finally:
        for connection in silent:
            connection.close()
        server.stop(None).wait()


def grpc_answers(port: int) -> bool:
    import grpc  # type: ignore[import-untyped]
    from tensorflow_serving.apis import model_service_pb2_grpc
    from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest

    request = GetModelStatusRequest()
    request.model_spec.name = "product_search"
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            return bool(stub.GetModelStatus(request, timeout=HANG_SECONDS).model_version_status)
        except grpc.RpcError:
            return False
