import asyncio
import gzip
import time
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.vitrine.data.download.web import (
    HERE,
    QUICK,
    Web,
    body,
    endless,
    image_bytes,
    in_turn,
    redirect,
    silent,
    status,
    truncated,
)
from vitrine.data.download.images.address_policy import PUBLIC, WITH_PRIVATE, AddressPolicy
from vitrine.data.download.images.failure import ImageFailure
from vitrine.data.download.images.http_client import Fetcher
from vitrine.data.download.images.limits import Limits

MUG = image_bytes(1)


def fetch(url: str, policy: AddressPolicy = HERE, limits: Limits = QUICK) -> bytes:
    async def once() -> bytes:
        async with Fetcher(limits, policy) as fetcher:
            return await fetcher.fetch(url)

    return asyncio.run(once())


def failure(url: str, policy: AddressPolicy = HERE, limits: Limits = QUICK) -> str:
    with pytest.raises(ImageFailure) as raised:
        fetch(url, policy, limits)
    return str(raised.value)


def test_the_bytes_of_an_image(web: Web) -> None:
    assert fetch(web.put("/mug.png?size=2", MUG)) == MUG
    request_headers = web.headers["/mug.png?size=2"]
    assert request_headers["accept-encoding"] == "identity"
    assert request_headers["user-agent"].startswith("vitrine/")
    assert request_headers["Host"] == web.url.removeprefix("http://")


def test_requests_have_the_host_name_of_the_address(web: Web) -> None:
    web.put("/mug.png", MUG)
    named = web.url.replace("127.0.0.1", "localhost")
    assert fetch(f"{named}/mug.png") == MUG
    assert web.headers["/mug.png"]["Host"] == named.removeprefix("http://")


def test_redirects_are_followed_up_to_a_limit(web: Web) -> None:
    web.put("/mug.png", MUG)
    web.put("/moved", redirect("/mug.png"))
    assert fetch(web.put("/old", redirect(web.url + "/moved"))) == MUG
    assert failure(web.put("/loop", redirect("/loop"))) == "redirects: more than 5"
    assert web.requests["/loop"] == 6


def test_the_body_of_a_redirect_is_not_read(web: Web) -> None:
    def page(visit) -> None:
        visit.send_response(302)
        visit.send_header("location", "/mug.png")
        visit.end_headers()
        endless_body(visit)

    endless_body = endless(bytes(1 << 16), 0)
    web.put("/mug.png", MUG)
    assert fetch(web.put("/old", page)) == MUG


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/x", "http://169.254.169.254/latest/meta-data", "http://127.0.0.2/", "http://[::1]/", "http://0/"],
)
def test_a_redirect_into_a_network_is_refused(web: Web, target: str) -> None:
    refusal = failure(web.put("/mug.png", redirect(target)))
    assert refusal.startswith("refused: ")
    assert refusal.endswith(", which is not a public address")
    assert web.requests == {"/mug.png": 1}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file://127.0.0.1/etc/passwd", "file scheme; only http and https are fetched"),
        ("ftp://127.0.0.1/mug.png", "ftp scheme; only http and https are fetched"),
        ("http://user:secret@127.0.0.1/", "the URL holds a user name or password"),
    ],
)
def test_a_url_that_is_no_public_page_is_refused(web: Web, target: str, reason: str) -> None:
    assert failure(target) == f"refused: {reason}"
    assert failure(web.put("/mug.png", redirect(target))) == f"refused: {reason}"


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:99999/", "http:///mug.png", "http://\0/"])
def test_an_invalid_url_is_refused(url: str) -> None:
    assert failure(url).startswith("refused: ")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "[64:ff9b::7f00:1]"]
)
def test_this_machine_is_refused_under_each_of_its_names(web: Web, host: str) -> None:
    web.put("/mug.png", MUG)
    url = f"{web.url.replace('127.0.0.1', host)}/mug.png"
    assert failure(url, PUBLIC).startswith("refused: ")
    assert not web.requests


def test_private_addresses_are_reached_on_request(web: Web) -> None:
    url = web.put("/mug.png", MUG)
    assert failure(url, AddressPolicy((ip_network("10.0.0.0/8"),))).startswith("refused: ")
    assert fetch(url, WITH_PRIVATE) == MUG


def test_proxies_of_the_environment_are_not_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(web.put("/mug.png", MUG)) == MUG


def test_cookies_are_not_kept(web: Web) -> None:
    web.put("/mug.png", MUG)
    fetch(web.put("/old", status(302, location="/mug.png", set_cookie="visitor=7; Path=/")))
    assert "cookie" not in {name.lower() for name in web.headers["/mug.png"]}


def test_a_busy_server_is_retried(web: Web) -> None:
    assert fetch(web.put("/a", in_turn(status(503), status(502), body(MUG)))) == MUG
    assert failure(web.put("/b", status(503))) == "HTTP 503: Service Unavailable"
    assert web.requests == {"/a": 3, "/b": 3}


def test_a_server_says_when_to_come_back(web: Web) -> None:
    url = web.put("/mug.png", in_turn(status(429, retry_after=1), body(MUG)))
    started = time.monotonic()
    assert fetch(url) == MUG
    assert time.monotonic() - started >= 1
    assert failure(web.put("/later", status(429, retry_after=3600))) == (
        "HTTP 429: Too Many Requests; asks to wait 3,600 s"
    )
    assert web.requests["/later"] == 1


@pytest.mark.parametrize("code", [401, 403, 404, 410, 501, 204, 304])
def test_other_statuses_are_final(web: Web, code: int) -> None:
    assert failure(web.put("/mug.png", status(code))).startswith(f"HTTP {code}: ")
    assert web.requests["/mug.png"] == 1


def test_a_body_that_breaks_off_is_fetched_again(web: Web) -> None:
    assert fetch(web.put("/a", in_turn(truncated(MUG), body(MUG)))) == MUG
    assert failure(web.put("/b", truncated(MUG))).startswith("unreachable: peer closed connection")
    assert web.requests == {"/a": 2, "/b": 3}


def test_a_body_has_a_largest_size_whatever_was_announced(web: Web) -> None:
    limits = replace(QUICK, max_bytes=100_000)
    announced = web.put("/announced", body(bytes(100_001)))
    assert failure(announced, limits=limits) == "too large: 100,001 bytes; 100,000 are allowed"
    started = time.monotonic()
    assert failure(web.put("/endless", endless(bytes(10_000), 0)), limits=limits) == (
        "too large: more than the 100,000 bytes allowed"
    )
    assert time.monotonic() - started < limits.request_seconds


def test_a_compressed_body_is_not_unpacked(web: Web) -> None:
    bomb = gzip.compress(bytes(50 << 20))
    assert failure(web.put("/bomb", body(bomb, content_encoding="gzip"))) == (
        "compressed: sent with the encoding gzip, which was not requested"
    )


def test_a_body_that_drips_is_given_up_after_the_time_for_a_request(web: Web) -> None:
    started = time.monotonic()
    limits = replace(QUICK, request_seconds=0.7)
    assert failure(web.put("/drip", endless(b"x", 0.05)), limits=limits) == "too slow: not finished after 0.7 s"
    assert time.monotonic() - started < QUICK.request_seconds
    assert web.requests["/drip"] == 1


def test_a_silent_server_is_retried(web: Web) -> None:
    limits = replace(QUICK, silence_seconds=0.5)
    assert fetch(web.put("/a", in_turn(silent, body(MUG))), limits=limits) == MUG
    assert failure(web.put("/b", silent), limits=limits) == "too slow: no answer for 0.5 s"
    assert web.requests == {"/a": 2, "/b": 3}


def test_an_address_without_a_server_is_unreachable() -> None:
    assert failure("http://127.0.0.1:9/mug.png").startswith("unreachable: ")
    assert failure("http://none-such.invalid/mug.png").startswith("unreachable: none-such.invalid: ")
