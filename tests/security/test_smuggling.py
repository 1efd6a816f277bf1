"""Requests whose end two parsers could see in different places are refused, and the connection closed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.in_thread import in_thread
from tests.security.conftest import Server, exchange, statuses
from vitrine.http_server.framing import HEAD_BYTES, PIPELINED

HIDDEN = b"0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n"
AMBIGUOUS = {
    "both lengths": "Transfer-Encoding: chunked",
    "two lengths": "Content-Length: 7",
    "equal lengths": f"Content-Length: {len(HIDDEN)}",
    "space before the colon": "Transfer-Encoding : chunked",
    "a coding after chunked": "Transfer-Encoding: chunked, identity",
    "no coding": "Transfer-Encoding: xchunked",
    "vertical tab": "Transfer-Encoding:\x0bchunked",
    "folded": "X: a\r\n Transfer-Encoding: chunked",
    "line feed": "X: a\nTransfer-Encoding: chunked",
    "carriage return": "X: a\rTransfer-Encoding: chunked",
    "null": "X: a\0Transfer-Encoding: chunked",
    "no name": ": chunked",
}
LENGTHS = ["+5", "-1", "0x5", "5, 5", "5 5", "", "5a", "99999999999999999999999", "\xb2"]


@pytest.mark.parametrize("header", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_request_is_refused_and_nothing_in_it_answered(server: Server, header: str) -> None:
    head = f"POST {server.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(HIDDEN)}\r\n{header}\r\n\r\n"
    assert statuses(exchange(server.port, head.encode("latin-1") + HIDDEN)) == [400]
    assert server.is_answering()


@pytest.mark.parametrize("length", LENGTHS)
def test_a_length_that_is_no_number_is_refused(server: Server, length: str) -> None:
    head = f"POST {server.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
    assert statuses(exchange(server.port, head.encode("latin-1") + HIDDEN)) == [400]


@pytest.mark.parametrize("size", ["5;" + "x" * 100 + "\n", "-5\r\n", "0x5\r\n", "5 5\r\n", "g\r\n", "f" * 17 + "\r\n"])
def test_a_chunk_of_an_unclear_size_is_refused(server: Server, size: str) -> None:
    head = f"POST {server.path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{size}"
    assert 200 not in statuses(exchange(server.port, head.encode() + HIDDEN))
    assert server.is_answering()


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES, b"x" * HEAD_BYTES],
        [b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES + b"\r\n\r\n"],
        [b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * (HEAD_BYTES // 6 + 1) + b"\r\n"],
        [b"GET /" + b"x" * HEAD_BYTES + b" HTTP/1.1\r\n\r\n"],
    ],
)
def test_a_large_head_is_refused(server: Server, parts: list[bytes]) -> None:
    assert statuses(exchange(server.port, *parts)) in ([431], [])  # a reset can overtake the answer
    assert server.is_answering()


@pytest.mark.parametrize("start", [b"5;", b"0\r\nX: ", b"0\r\n"])
def test_extensions_and_trailers_of_chunks_are_bounded(server: Server, start: bytes) -> None:
    head = f"POST {server.path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    more = b"X: yyyyyyyy\r\n" * (HEAD_BYTES // 13 + 1) if start == b"0\r\n" else b"x" * (HEAD_BYTES + 1)
    assert 200 not in statuses(exchange(server.port, head.encode() + start, more))
    assert server.is_answering()


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the method, the body and the headers of the request."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message.get("body", b""), message.get("more_body", False)
    content = b"|".join([scope["method"].encode(), body, *(b"=".join(header) for header in scope["headers"])])
    headers = [(b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@pytest.fixture(scope="module")
def echo_port() -> Iterator[int]:
    with in_thread(echo, abrupt=True) as port:
        yield port


def test_a_trailer_is_no_header(echo_port: int) -> None:
    """Admission control and proxies have checked the headers before trailers come."""
    request = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\na\r\n0\r\nX-User-Id: b\r\n\r\n"
    )
    with in_thread(echo, abrupt=True) as port:
        answer = exchange(port, request)
    assert statuses(answer) == [200]
    assert b"POST|a|transfer-encoding=chunked" in answer
    assert b"x-user-id" not in answer.lower()


def test_requests_that_wait_for_earlier_ones_are_bounded(server: Server) -> None:
    answer = exchange(server.port, server.request() * (PIPELINED + 10))
    assert len(statuses(answer)) <= PIPELINED + 1
    assert server.is_answering()


REQUESTS = [
    b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\ngh",
]
LAST = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"


@settings(max_examples=40)
@given(requests=st.lists(st.sampled_from(REQUESTS), max_size=5), cuts=st.lists(st.integers(1, 400), max_size=4))
def test_requests_are_the_same_wherever_they_are_cut(echo_port: int, requests: list[bytes], cuts: list[int]) -> None:
    whole = b"".join([*requests, LAST])
    ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
    parts = [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    answer = exchange(echo_port, *parts)
    assert statuses(answer) == [200] * (len(requests) + 1)
    bodies = [request.startswith(b"POST") for request in requests]
    assert answer.count(b"POST|") == sum(bodies)
    for request, body in zip(REQUESTS[1:], (b"|abc|", b"|def|", b"|gh|"), strict=True):
        assert answer.count(body) == requests.count(request)
