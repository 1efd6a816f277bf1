import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.vitrine.data.download.web import HERE, QUICK
from vitrine.data.download.images.failure import ImageFailure
from vitrine.data.download.images.http_client import Fetcher


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def secure_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server with a trusted certificate for the name localhost only."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *options]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()


def fetch(url: str) -> bytes:
    async def once() -> bytes:
        async with Fetcher(QUICK, HERE) as fetcher:
            return await fetcher.fetch(url)

    return asyncio.run(once())


def test_a_certificate_is_checked_against_the_name_and_not_the_address(secure_port: int) -> None:
    assert fetch(f"https://localhost:{secure_port}/") == b"hello"
    with pytest.raises(ImageFailure, match=r"unreachable: .*CERTIFICATE_VERIFY_FAILED.*127\.0\.0\.1"):
        fetch(f"https://127.0.0.1:{secure_port}/")


def test_an_unknown_certificate_is_refused(secure_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ImageFailure, match=r"unreachable: .*CERTIFICATE_VERIFY_FAILED"):
        fetch(f"https://localhost:{secure_port}/")
