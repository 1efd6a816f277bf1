"""A web server on loopback whose pages misbehave in the ways that servers do."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

from PIL import Image

from tests.waiting import HANG_SECONDS
from vitrine.data.download.images.address_policy import AddressPolicy
from vitrine.data.download.images.image_references import catalogue_references
from vitrine.data.download.images.limits import Limits

Page = Callable[["Visit"], None]

HERE = AddressPolicy((ip_network("127.0.0.1/32"),))
"""A policy that permits the test's server and no other machine."""

QUICK = Limits(
    workers=4, per_second=1000, silence_seconds=5, request_seconds=10, attempts=3, backoff_seconds=0.01, wait_seconds=2
)


class Visit(BaseHTTPRequestHandler):
    """A request, through which pages answer."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        web = self.server.web
        web.requests[self.path] += 1
        web.headers[self.path] = dict(self.headers)
        page = web.pages.get(self.path, status(404))
        try:
            page(self)
        except OSError:  # the client had enough
            self.close_connection = True

    def answer(self, code: int = 200, body: bytes = b"", **headers: object) -> None:
        self.send_response(code)
        for name, value in {"content_length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@dataclass
class Web:
    """Pages by path, with the number of requests and the last request's headers of each."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, page: Page | bytes) -> str:
        """Serve a page, or a body of bytes, and return its address."""
        self.pages[path] = page if callable(page) else body(page)
        return self.url + path


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, web: Web) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.web = web


@contextmanager
def served() -> Iterator[Web]:
    """Run the server until the block ends."""
    web = Web()
    with _Server(web) as server:
        web.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield web
        web.closing.set()
        server.shutdown()


def body(data: bytes, **headers: object) -> Page:
    return lambda visit: visit.answer(body=data, **headers)


def status(code: int, **headers: object) -> Page:
    return lambda visit: visit.answer(code, **headers)


def redirect(target: str) -> Page:
    return status(302, location=target)


def in_turn(*pages: Page) -> Page:
    """Return a page that answers as each of `pages` in turn; the last one repeats."""
    remaining = list(pages)
    return lambda visit: (remaining.pop(0) if len(remaining) > 1 else remaining[0])(visit)


def endless(chunk: bytes, seconds: float) -> Page:
    """Return a page with an endless body: a chunk, a pause, a chunk …"""

    def page(visit: Visit) -> None:
        visit.send_response(200)
        visit.end_headers()
        while not visit.server.web.closing.wait(seconds):
            visit.wfile.write(chunk)

    return page


def silent(visit: Visit) -> None:
    """Send nothing, and keep the connection open."""
    visit.server.web.closing.wait(HANG_SECONDS)


def truncated(data: bytes) -> Page:
    """Return a page that announces a body of twice the length, and closes the connection."""

    def page(visit: Visit) -> None:
        visit.answer(body=data, content_length=2 * len(data))
        visit.close_connection = True

    return page


def image_bytes(number: int, kind: str = "PNG") -> bytes:
    """Encode a small image, a different one for each number."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), (number % 256, number // 256 % 256, 90)).save(buffer, kind)
    return buffer.getvalue()


def write_catalogue(folder: Path, images: dict[str, str]) -> None:
    """Write a catalogue whose products name these images, with an additional column."""
    (folder / "catalogue").mkdir(parents=True, exist_ok=True)
    lines = [f'{product},"A mug, {product}",,,,,{image},9.90,top' for product, image in images.items()]
    header = "product_id,title,description,brand,color,category,image,price,shelf"
    (folder / "catalogue" / "products.csv").write_text("\n".join([header, *lines]) + "\n")


def images_of(folder: Path) -> dict[str, str]:
    """Return the catalogue's column `image` by product."""
    return dict(catalogue_references(folder))
