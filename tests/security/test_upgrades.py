"""An offer to upgrade is ignored and the body read; HTTP/2 without an upgrade is told that HTTP/1.1 is spoken."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.security.conftest import Server, connect, exchange, read_all, statuses
from tests.waiting import HANG_SECONDS

SETTINGS = "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA"
H2C = f"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: {SETTINGS}\r\n"
"""The headers that the client of Java 17 sends with each request over plain HTTP."""
WEBSOCKET = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eDQ=\r\nSec-WebSocket-Version: 13\r\n"
UPGRADES = {
    "h2c": H2C,
    "websocket": WEBSOCKET,
    "TLS": "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
    "several": "connection: keep-alive, UPGRADE\r\nupgrade: a/1, b\r\n",
    "twice": "Connection: Upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n",
}

JAVA = """
import java.net.URI;
import java.net.http.*;
public class Search {
  public static void main(String[] arguments) throws Exception {
    for (int n = 0; n < 2; n++) {
      var request = HttpRequest.newBuilder(URI.create(arguments[0])).header("content-type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(arguments[1])).build();
      var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
      System.out.println(response.statusCode() + " " + response.body());
    }
  }
}
"""


@pytest.mark.parametrize("headers", UPGRADES.values(), ids=UPGRADES)
def test_an_upgrade_is_ignored_and_the_body_read(server: Server, headers: str) -> None:
    sent = server.request(headers)
    last = server.request("Connection: close\r\n")
    for parts in ([sent + last], [sent[:-5], sent[-5:], last], [sent[:40], sent[40:], last], [sent * 3 + last]):
        answer = exchange(server.port, *parts)
        assert set(statuses(answer)) == {200}
        assert answer.count(b"HTTP/1.1 200") == answer.count(b'red-mug"')


def test_a_chunked_body_is_read_as_well(server: Server) -> None:
    head = server.request(H2C + "Transfer-Encoding: chunked\r\n").replace(b"Content-Length", b"X-Length")
    chunked = head.removesuffix(server.body) + b"%x\r\n%b\r\n0\r\n\r\n" % (len(server.body), server.body)
    answer = exchange(server.port, chunked + server.request("Connection: close\r\n"))
    assert statuses(answer) == [200, 200]


def test_thousands_of_upgrades_at_once_are_bounded(server: Server) -> None:
    exchange(server.port, b"GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n" * 5000)
    assert server.is_answering()


def test_http_2_without_an_upgrade_is_told_to_use_http_1_1(server: Server) -> None:
    with connect(server.port) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        answer = read_all(connection)
    assert answer[:9] == bytes.fromhex("000000040000000000")  # SETTINGS, the server's first frame
    assert answer[9:] == bytes.fromhex("000008070000000000000000000000000d")  # GOAWAY, HTTP_1_1_REQUIRED
    assert server.is_answering()


def test_connect_is_refused(server: Server) -> None:
    answer = exchange(server.port, b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\nsecret")
    assert statuses(answer) == [405]


@pytest.mark.skipif(not shutil.which("java"), reason="needs Java 17")
def test_the_default_client_of_java_is_answered(server: Server, tmp_path: Path) -> None:
    source = tmp_path / "Search.java"
    source.write_text(JAVA)
    url = f"http://127.0.0.1:{server.port}{server.path}"
    command = ["java", str(source), url, server.body.decode()]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=HANG_SECONDS, check=True).stdout
    assert [line[:3] for line in printed.splitlines()] == ["200", "200"]
    assert printed.count("red-mug") >= 2
