import http.server
import re
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from gateway_client import (
    DEFAULT_URL,
    MAX_IMAGE_BYTES,
    GatewayError,
    gateway_url,
    models,
    predicted_categories,
    search,
    thumbnail,
    thumbnails,
)
from tests.apps.conftest import ShopGateway, free_port
from tests.vitrine.search.shop import COLOURS, image_bytes


def test_the_address_is_the_environments_or_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_GATEWAY", "http://127.0.0.1:9/ ")
    assert gateway_url() == "http://127.0.0.1:9"
    monkeypatch.delenv("VITRINE_GATEWAY")
    assert gateway_url() == DEFAULT_URL == "http://127.0.0.1:8000"


def test_words_images_and_both_are_searched(answering_gateway: ShopGateway) -> None:
    url = answering_gateway.url
    assert [catalogue["name"] for catalogue in models(url)] == ["shop", "outlet"]
    words = search(url, " red mug ", catalogue="outlet", k=3)
    assert (words["kind"], words["route"]["catalogues"]) == ("text", ["outlet"])
    assert [result["rank"] for result in words["results"]] == [1, 2, 3]
    assert words["results"][0]["product_id"] == "red-mug"
    assert search(url, image=image_bytes("red"))["results"][0]["product_id"].startswith("red-")
    both = search(url, "shoe", image_bytes("red"))
    assert (both["kind"], both["results"][0]["product_id"]) == ("both", "red-shoe")


def test_predicted_categories_are_a_line_of_text_or_nothing(answering_gateway: ShopGateway) -> None:
    url = answering_gateway.url
    assert predicted_categories(search(url, image=image_bytes("red"))) == "mug >99%"
    assert re.fullmatch(r"shoe \d\d%, mug \d\d%", predicted_categories(search(url, "blue shoe")))
    assert predicted_categories(search(url, "blue shoe", catalogue="outlet")) == ""
    assert predicted_categories({"results": []}) == ""


def test_words_that_seem_to_be_none_are_searched_only_anyway(answering_gateway: ShopGateway) -> None:
    assert search(answering_gateway.url, "xqzt wvkk pfgh")["results"] == []
    assert search(answering_gateway.url, "xqzt wvkk pfgh", anyway=True)["results"] != []


def test_each_result_has_its_own_image_or_none(answering_gateway: ShopGateway) -> None:
    answer = search(answering_gateway.url, "mug", k=4)
    for result, image in zip(answer["results"], thumbnails(answering_gateway.url, answer), strict=True):
        colour = result["product_id"].split("-")[0]
        if colour == "white":
            assert image is None
        else:
            assert image is not None
            assert image.getpixel((0, 0)) == COLOURS[colour]


def test_an_image_that_failed_is_requested_again(answering_gateway: ShopGateway) -> None:
    path = "/products/red-mug/image?catalogue=shop"
    assert thumbnail(f"http://127.0.0.1:{free_port()}", path, 1) is None
    assert thumbnail(answering_gateway.url, "/products/none/image", 1) is None
    assert thumbnail(answering_gateway.url, path, 1) is not None


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"query": "  "}, "Type some words, or choose an image."),
        ({"image": b"x" * (MAX_IMAGE_BYTES + 1)}, "The image is larger than 10 MiB."),
        ({"image": b"no image"}, "The image cannot be read"),
        ({"query": "x" * 1001}, "The request is not valid: query"),
        ({"query": "mug", "catalogue": "none"}, "none"),
    ],
)
def test_invalid_searches_are_reported(answering_gateway: ShopGateway, question: dict, message: str) -> None:
    with pytest.raises(GatewayError, match=message) as raised:
        search(answering_gateway.url, **question)
    assert str(raised.value).endswith(".")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "http://", "ftp://127.0.0.1"])
def test_an_unreachable_gateway_is_reported(url: str) -> None:
    with pytest.raises(GatewayError, match="cannot be reached"):
        search(url, "mug")


class Another(http.server.BaseHTTPRequestHandler):
    """A server that is not a gateway, and records the API keys that it receives."""

    answer: ClassVar[tuple[int, bytes]] = (200, b"")
    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers.get("x-api-key"))
        status, body = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def another() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Another) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "answer", [(200, b"<html>"), (200, b"[]"), (200, b"{}"), (404, b'{"detail": 1}'), (502, b""), (302, b"{}")]
)
def test_another_server_is_not_taken_for_a_gateway(another: str, answer: tuple[int, bytes]) -> None:
    Another.answer = answer
    with pytest.raises(GatewayError, match="is not one"):
        models(another)


def test_the_key_is_sent_and_never_shown(another: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_API_KEY", "sesame")
    Another.answer = (401, b'{"error": "an API key is needed"}')
    with pytest.raises(GatewayError, match=r"^An API key is needed\.$"):
        models(another)
    assert Another.keys[-1] == "sesame"
