import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice

import pytest

from benchmarks.serving_load import Connection, Target, rotated, send, send_from_process


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body.decode())
        self.send_response(500 if body == b"bad" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as listening:
        listening.daemon_threads = True
        listening.bodies = []
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def target(server: ThreadingHTTPServer, *bodies: str) -> Target:
    return Target("127.0.0.1", server.server_port, "/", list(bodies))


@pytest.mark.parametrize("clients", [1, 4])
def test_the_requested_number_of_requests_is_sent_and_timed(server, clients):
    load = send(target(server, "a", "b", "c"), clients, 10)
    assert len(load.latencies) == 10
    assert sorted(server.bodies) == sorted("abcabcabca")
    assert 0 < max(load.latencies) <= load.seconds


def test_a_process_of_its_own_does_the_same(server):
    load = send_from_process(target(server, "a", "b"), 2, 6)
    assert len(load.latencies) == len(server.bodies) == 6
    assert load.processor > 0


def test_an_error_ends_it(server):
    with pytest.raises(RuntimeError, match="500 b'bad'"):
        send(target(server, "a", "bad"), 2, 50)
    assert len(server.bodies) < 50


def test_single_requests_share_a_connection_and_an_error_is_raised(server):
    connection = Connection(target(server))
    assert [connection.send("a"), connection.send("b")] == [b"a", b"b"]
    with pytest.raises(RuntimeError, match="500 b'bad'"):
        connection.send("bad")


def test_rounds_begin_elsewhere_and_leave_nothing_out():
    bodies = list("abcdefghij")
    rounds = list(islice(rotated(bodies), 3))
    assert len({turn[0] for turn in rounds}) == 3
    assert all(sorted(turn) == bodies for turn in rounds)
